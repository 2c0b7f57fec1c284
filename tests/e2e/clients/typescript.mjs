// Drive the server with the TypeScript SDK: record one attempt, read it back, print what came.
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";

const [command, ...args] = process.argv.slice(2);
const client = new Client({ name: "typescript", version: "1" });
await client.connect(new StdioClientTransport({ command, args }));
const tools = await client.listTools();
const call = (given) => client.callTool({ name: "record_attempt", arguments: given });
const recorded = await call({ action: "edit", gate: "fail", gate_output: "1 failed in 0.1s", goal: "g" });
const refused = await call({ action: "edit", gate: "maybe" });
const output = await client.readResource({ uri: "tremaux://attempts/1/output" });
console.log(
  JSON.stringify({
    server: client.getServerVersion().name,
    tools: tools.tools.map((tool) => tool.name).sort(),
    attempt: recorded.structuredContent.attempt_id,
    refused: refused.isError,
    output: output.contents[0].text,
  }),
);
await client.close();
