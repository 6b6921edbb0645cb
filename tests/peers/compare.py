#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares owl with llama.cpp on the very same GGUF file, in turns, and prints the ratios with their spread.

    compare.py OWL SCRATCH MODEL.gguf [--turns 3] [--threads 2] [-p 128] [-n 32]

node-llama-cpp is installed into SCRATCH with npm the first time (it brings a built llama.cpp). Needs node 20 and npm.
"""
import argparse
import json
import os
import statistics
import subprocess


def install(scratch):
    os.makedirs(scratch, exist_ok=True)
    if not os.path.isdir(os.path.join(scratch, "node_modules", "node-llama-cpp")):
        subprocess.run(["npm", "install", "--no-fund", "--no-audit", "node-llama-cpp"], cwd=scratch, check=True)


def run(command, cwd=None):
    return json.loads(subprocess.run(command, cwd=cwd, check=True, stdout=subprocess.PIPE, text=True).stdout.strip().splitlines()[-1])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("owl")
    parser.add_argument("scratch")
    parser.add_argument("model")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("-p", type=int, default=128)
    parser.add_argument("-n", type=int, default=32)
    args = parser.parse_args()

    install(args.scratch)
    peer = os.path.join(os.path.dirname(os.path.abspath(__file__)), "peer.mjs")
    model = os.path.abspath(args.model)
    owl_runs, peer_runs = [], []
    for _ in range(args.turns):
        owl_runs.append(run([args.owl, "bench", "-m", model, "-p", str(args.p), "-n", str(args.n), "-t", str(args.threads), "--json"]))
        peer_runs.append(run(["node", peer, model, str(args.p), str(args.n), str(args.threads), "3"], args.scratch))
    for key in ("prefill_tok_s", "decode_tok_s", "load_ms", "peak_rss_mb"):
        ratios = [a[key] / b[key] for a, b in zip(owl_runs, peer_runs)]
        print("%-14s owl %9.2f  llama.cpp %9.2f  ratio %.2f (%.2f to %.2f)" % (
            key, statistics.median(r[key] for r in owl_runs), statistics.median(r[key] for r in peer_runs),
            statistics.median(ratios), min(ratios), max(ratios)))
    for key in ("prefill_limit_fraction", "decode_limit_fraction", "read_gb_s", "int8_gop_s"):
        print("%-24s %8.2f" % (key, statistics.median(r[key] for r in owl_runs)))


main()
