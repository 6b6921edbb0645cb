#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Converts checkpoints of the published sizes and talks with the results; prints time, peak memory and sizes. The weights are random: see
make-checkpoint.py.

    run.py OWL SCRATCH [--kinds llama,bloom] [--types q4_0,q4_k_m] [--picture FILE] [--layers N] [--keep]

SCRATCH needs about 25 GB; what was made there is removed unless --keep is given.
"""
import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))


def measured(command):
    """Runs a command; its output, seconds and peak memory in MB."""
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    out = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit("%s: exit status %d" % (" ".join(command), process.returncode))
    return out, time.monotonic() - start, usage.ru_maxrss / 1024


def size_of(folder):
    return sum(os.path.getsize(os.path.join(folder, name)) for name in os.listdir(folder)) / 1e9


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("owl")
    parser.add_argument("scratch")
    parser.add_argument("--kinds", default="llama,bloom")
    parser.add_argument("--types", default="q4_0,q4_k_m")
    parser.add_argument("--picture", default=os.path.join(HERE, "..", "..", "data", "samples", "shape.png"))
    parser.add_argument("--layers", type=int)
    parser.add_argument("--keep", action="store_true")
    args = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    for kind in args.kinds.split(","):
        source = os.path.join(args.scratch, kind)
        if not os.path.exists(os.path.join(source, "config.json")):
            layers = ["--layers", str(args.layers)] if args.layers else []
            subprocess.run([sys.executable, os.path.join(HERE, "make-checkpoint.py"), kind, source] + layers, check=True)
        print("%s: checkpoint %.1f GB" % (kind, size_of(source)), flush=True)
        for mix in args.types.split(","):
            dest = source + "-" + mix
            _, seconds, peak = measured([args.owl, "convert", source, dest, "--type", mix])
            print("  %-7s convert %4.0f s, peak %4.0f MB; model %.2f GB" % (mix, seconds, peak, size_of(dest)), flush=True)
            out, seconds, peak = measured([args.owl, "chat", "-m", dest, "-i", args.picture, "-p", "What is in the picture?", "-n", "16",
                                           "--json"])
            stats = json.loads(out)["stats"]
            print("  %-7s chat    %4.0f s, peak %4.0f MB; load %.1f s, picture %.1f s, prompt %.1f s, %.2f tokens/s" % (
                mix, seconds, peak, stats["load_ms"] / 1e3, stats["encode_ms"] / 1e3, stats["prefill_ms"] / 1e3, stats["decode_tok_s"]),
                flush=True)
            if not args.keep:
                shutil.rmtree(dest)
        if not args.keep:
            shutil.rmtree(source)


main()
