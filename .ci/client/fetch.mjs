// Fetches a URL once for each request number, one after the other, with the connections that fetch keeps.
// Usage: node fetch.mjs URL TIMEOUT_MS NUMBER...   Prints a JSON line for each.
const [url, timeout, ...numbers] = process.argv.slice(2);

function describe(error) {
  return error ? `${error.name} ${error.code ?? ""}: ${error.message}; ${describe(error.cause)}` : "";
}

for (const number of numbers) {
  await new Promise(done => setTimeout(done, 50)); // a connection is reused only after its body was seen to end
  let phase = "before the head";
  try {
    const options = { headers: { "Flagpole-Nth": number }, signal: AbortSignal.timeout(Number(timeout)) };
    const response = await fetch(url, options);
    phase = "within the body";
    const body = Buffer.from(await response.arrayBuffer());
    console.log(JSON.stringify({ status: response.status, body: body.toString("base64") }));
  } catch (error) {
    console.log(JSON.stringify({ error: `${phase}: ${describe(error)}` }));
  }
}
process.exit();
