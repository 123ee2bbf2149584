-- The built-in client of Neovim (0.7 and later): findings, the first quick fix, the file on disk.
--   SETUP=setup.lua nvim --headless --clean -c 'luafile nvim.lua' model.py
-- SETUP is what a user has in init.lua; it starts the server for Python files. Exit status 0 when the expected findings came, and went with the fix. The file is written.
local function say(...) io.stdout:write(string.format(...) .. "\n") end

local function die(...)
  say(...)
  vim.cmd("cquit 1")
end

-- Columns are bytes here, whatever client and server agreed on: a wrong one on the line with the emoji would show.
local EXPECTED = { "3:24-3:46 INFO MLW102", "4:9-4:31 INFO MLW102" }

local function shown()
  local found = {}
  for _, d in ipairs(vim.diagnostic.get(0)) do
    local lsp = d.user_data and d.user_data.lsp or {}
    table.insert(found, string.format("%d:%d-%d:%d %s %s", d.lnum + 1, d.col + 1, d.end_lnum + 1, d.end_col + 1,
      vim.diagnostic.severity[d.severity], lsp.code or d.code))
  end
  table.sort(found)
  return found
end

local function wait_for(expected)
  if not vim.wait(60000, function() return vim.deep_equal(shown(), expected) end, 50) then
    die("expected %s, got %s", vim.inspect(expected), vim.inspect(shown()))
  end
end

local ok, err = pcall(function()
  vim.cmd("luafile " .. assert(vim.env.SETUP, "SETUP is not set"))
  vim.bo.filetype = "python"
  wait_for(EXPECTED)
  local client = (vim.lsp.get_clients or vim.lsp.get_active_clients)()[1]
  if client.name ~= "mlwarden" then die("the client is %s", client.name) end
  local id = client.id
  local d = vim.diagnostic.get(0)[1]
  vim.api.nvim_win_set_cursor(0, { d.lnum + 1, d.col })
  local params = vim.lsp.util.make_range_params(0, client.offset_encoding)
  params.context = { triggerKind = 1, diagnostics = {} }
  local answer = vim.lsp.buf_request_sync(0, "textDocument/codeAction", params, 60000)
  local action = answer and answer[id] and answer[id].result and answer[id].result[1]
  if not action then die("no code action: %s", vim.inspect(answer)) end
  vim.lsp.util.apply_workspace_edit(action.edit, client.offset_encoding)
  wait_for({ EXPECTED[2] })
  vim.cmd("silent write")
  say("positions in %s; %s", client.offset_encoding, action.title)
  vim.lsp.stop_client(id)
  vim.wait(5000, function() return vim.lsp.get_client_by_id(id) == nil end, 50)
end)
if not ok then die("%s", err) end
local line = vim.fn.readfile(vim.fn.expand("%"))[3]
local fixed = [[name = "😀"; model = torch.load("model.pt", weights_only=True)]]
if line ~= fixed then die("on disk: %s", line) end
say("ok nvim %s", tostring(vim.version().major) .. "." .. tostring(vim.version().minor))
vim.cmd("qall!")
