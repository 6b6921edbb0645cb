#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same GGUF files in owl and in llama.cpp: ids of texts, greedy continuations, adapters, and how often the most likely next token agrees for
quantised files, beside how often two builds of llama.cpp agree, and how often each finds what the same weights give in float32 (every program
rounds activations in its own way; float32 does not). Prints one line a comparison and ends with 1 if one that must be equal is not.

    parity.py OWL SCRATCH        (installs node-llama-cpp into SCRATCH with npm the first time)
"""
import argparse
import json
import os
import struct
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
GOLDEN = os.path.join(HERE, "..", "golden")
SECOND_BUILD = "x64"
failures = 0


def run(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit("%s: %s" % (" ".join(command), done.stderr.strip()))
    return done.stdout


class Peers:
    def __init__(self, owl, scratch):
        self.program, self.scratch = owl, scratch

    def owl(self, *args):
        return run([self.program] + list(args))

    def llama(self, cpu, *args):
        out = run([sys.executable, os.path.join(HERE, "llama_cpp.py"), self.scratch, cpu] + list(args))
        return json.loads(out.strip().splitlines()[-1])

    def owl_top1(self, model, raw):
        path = os.path.join(self.scratch, "logits.npy")
        self.owl("probe", "-m", model, "--raw", raw, "--tensor", "logits", "-o", path)
        with open(path, "rb") as file:
            data = file.read()
        length = struct.unpack("<H", data[8:10])[0]
        shape = [int(n) for n in data[10:10 + length].decode().split("(")[1].split(")")[0].split(",") if n.strip()]
        width, data = shape[1], data[10 + length:]
        rows = (struct.unpack_from("<%df" % width, data, 4 * width * i) for i in range(shape[0]))
        return [max(range(width), key=row.__getitem__) for row in rows]


def agreement(a, b):
    return sum(x == y for x, y in zip(a, b)) / max(len(a), 1)


def say(what, same, detail=""):
    global failures
    failures += not same
    print("%-52s %s%s" % (what, "equal" if same else "DIFFERENT", detail), flush=True)


def write(scratch, text):
    with tempfile.NamedTemporaryFile("w", dir=scratch, suffix=".txt", delete=False, encoding="utf-8", newline="") as file:
        file.write(text)
    return file.name


def compare_tokenizers(peers, kind, model):
    """Lines of the reference; llama.cpp reads some texts otherwise than the original tokenizers, so only owl must agree with them."""
    n = owl_right = llama_right = 0
    with open(os.path.join(GOLDEN, "tokenizer", kind + ".jsonl"), encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    for line in lines[::max(len(lines) // 40, 1)]:
        if "text" not in line or not line["text"]:
            continue
        path = write(peers.scratch, line["text"])
        n += 1
        owl_right += json.loads(peers.owl("tokenize", "-m", model, "--file", path, "--json"))["ids"] == line["ids"]
        llama_right += peers.llama("best", "tokenize", model, path)["ids"] == line["ids"]
        os.unlink(path)
    say("%s: ids of %d texts as the original's" % (kind, n), owl_right == n, "; llama.cpp agrees in %d" % llama_right)


def compare_greedy(peers, kind, model, label, lora=None):
    folder = kind + "-tiny" + ("-lora" if lora else "")
    with open(os.path.join(GOLDEN, "expected", folder, "prompts.json"), encoding="utf-8") as file:
        prompt = [p for p in json.load(file) if not p["images"]][0]
    raw = os.path.join(GOLDEN, "expected", folder, "prompt_%s.txt" % prompt["id"])
    adapter = ["-a", lora] if lora else []
    ours = json.loads(peers.owl("chat", "-m", model, *adapter, "--raw", raw, "-n", "48", "--json"))
    theirs = peers.llama("best", "greedy", model, json.dumps(prompt["ids"]), "48", *([lora] if lora else []))
    say("%s %s: 48 greedy tokens" % (folder, label), ours["tokens"] == theirs["ids"],
        "; as the official code: %s" % ("yes" if ours["tokens"] == prompt["greedy_ids"] else "no"))


def compare_quantised(peers, name, source, raw, types):
    exact_path = os.path.join(peers.scratch, name + "-exact.gguf")
    for kind in types:
        ours, theirs = os.path.join(peers.scratch, name + "-owl.gguf"), os.path.join(peers.scratch, name + "-llama.gguf")
        peers.owl("quantize", source, ours, kind)
        peers.llama("best", "quantize", source, theirs, kind)
        for maker, path in (("owl", ours), ("llama.cpp", theirs)):
            ids = json.loads(peers.owl("tokenize", "-m", path, "--raw", raw, "--json"))["ids"]
            here = peers.owl_top1(path, raw)
            there = peers.llama("best", "top1", path, json.dumps(ids))["ids"]
            second = peers.llama(SECOND_BUILD, "top1", path, json.dumps(ids))["ids"]
            peers.owl("quantize", path, exact_path, "f32")
            exact = peers.owl_top1(exact_path, raw)
            print("%-12s %-7s by %-9s top-1 of %d: owl|llama.cpp %.4f, two builds of llama.cpp %.4f; owl|float32 %.4f, llama.cpp|float32 %.4f and %.4f; %.1f MB" % (
                name, kind, maker, len(ids), agreement(here, there), agreement(there, second), agreement(here, exact), agreement(there, exact),
                agreement(second, exact), os.path.getsize(path) / 1e6), flush=True)
            os.unlink(exact_path)
        os.unlink(ours)
        os.unlink(theirs)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("owl")
    parser.add_argument("scratch")
    args = parser.parse_args()
    peers = Peers(os.path.abspath(args.owl), os.path.abspath(args.scratch))
    types = ["q8_0", "q6_k", "q5_k_m", "q4_k_m", "q4_0"]

    for kind in ("llama", "bloom"):
        for stored in ("f32", "f16"):
            folder = os.path.join(peers.scratch, "%s-%s" % (kind, stored))
            peers.owl("convert", os.path.join(GOLDEN, kind + "-tiny"), folder, "--type", stored)
            model = os.path.join(folder, "language.gguf")
            if stored == "f32":
                compare_tokenizers(peers, kind, model)
                lora = os.path.join(peers.scratch, kind + ".lora.gguf")
                peers.owl("convert", os.path.join(GOLDEN, kind + "-tiny-lora"), lora, "--base", folder)
            compare_greedy(peers, kind, model, stored)
            compare_greedy(peers, kind, model, stored, lora)

    with open(os.path.join(HERE, "..", "starter", "samples.jsonl"), encoding="utf-8") as file:
        text = " ".join(json.loads(line).get("question", "") for line in file)
    if len(text) < 200:
        text = "The quick owl looks at seven red squares and one blue circle in the picture, and says what it sees. " * 12
    raw = write(peers.scratch, text[:1500])
    compare_quantised(peers, "starter", os.path.join(HERE, "..", "..", "data", "models", "starter", "language.gguf"), raw, types)
    for kind in ("llama", "bloom"):
        source = os.path.join(peers.scratch, kind + "-small")
        if not os.path.exists(os.path.join(source, "config.json")):
            run([sys.executable, os.path.join(HERE, "..", "full-size", "make-checkpoint.py"), kind, source, "--small"])
        model = os.path.join(peers.scratch, kind + "-small-f16")
        peers.owl("convert", source, model)
        compare_quantised(peers, kind + "-small", os.path.join(model, "language.gguf"), raw, types)
    os.unlink(raw)
    sys.exit(1 if failures else 0)


main()
