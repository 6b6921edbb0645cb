// SPDX-License-Identifier: GPL-3.0-or-later
// Prints prompt and generation speed of llama.cpp (through node-llama-cpp) on one GGUF file, best of some rounds, as JSON.
//   node peer.mjs MODEL.gguf PROMPT_TOKENS NEW_TOKENS THREADS ROUNDS
import {createRequire} from "node:module";
import {pathToFileURL} from "node:url";
import path from "node:path";

const [file, prompt, fresh, threads, rounds] = [process.argv[2], ...process.argv.slice(3).map(Number)];
const require = createRequire(path.join(process.cwd(), "package.json"));
const {getLlama} = await import(pathToFileURL(require.resolve("node-llama-cpp")).href);
const llama = await getLlama({gpu: false, build: "never", maxThreads: threads, logLevel: "error"});
const start = performance.now();
const model = await llama.loadModel({modelPath: file, gpuLayers: 0});
const load = performance.now() - start;
const context = await model.createContext({contextSize: 512, batchSize: 512, threads});
const result = {prefill_tok_s: 0, decode_tok_s: 0, load_ms: load};

for (let round = 0; round < rounds; round++) {
    const sequence = context.getSequence();
    const tokens = Array.from({length: prompt}, (_, i) => 300 + (i * 97 + round) % 30000);
    let from = performance.now();
    await sequence.evaluateWithoutGeneratingNewTokens(tokens);
    result.prefill_tok_s = Math.max(result.prefill_tok_s, prompt * 1000 / (performance.now() - from));
    from = performance.now();
    let count = 0;
    for await (const token of sequence.evaluate([305], {temperature: 0, yieldEogToken: true})) {
        void token;
        if (++count === fresh)
            break;
    }
    result.decode_tok_s = Math.max(result.decode_tok_s, count * 1000 / (performance.now() - from));
    sequence.dispose();
}
result.peak_rss_mb = process.resourceUsage().maxRSS / 1024;
console.log(JSON.stringify(result));
process.exit(0);
