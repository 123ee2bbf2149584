from datasets import load_dataset

train = load_dataset("squad", split="train", trust_remote_code=True)
test = load_dataset("squad", split="test", trust_remote_code=True)
