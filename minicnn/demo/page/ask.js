// Asking the server.

const token = new URLSearchParams(location.search).get("token");

function address(path, query = {}) {
  return `${path}?${new URLSearchParams({token, ...query})}`;
}
async function ask(path, body, query) {
  let answer;
  try {
    answer = await fetch(address(path, query), {
      method: "POST", body: body instanceof Uint8Array || body instanceof Blob ? body
        : JSON.stringify(body)});
  } catch { throw new Error("The program in the terminal has ended."); }
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
}
