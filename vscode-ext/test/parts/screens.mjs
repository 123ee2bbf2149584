export async function screens() { return 0; }
