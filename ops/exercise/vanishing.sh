#!/bin/sh
# A department whose terminals fail: now and then the worker itself is killed, before it responded (a colleague gets the
# task anew) or after it (a colleague resumes it). When follows from the incident and the offer's epoch.
cat >/dev/null
chance=$(($(printf '%s/%s' "$BIHUAN_INCIDENT" "$BIHUAN_EPOCH" | cksum | cut -d ' ' -f 1) % 5))

# The worker is the parent. A second after it spoke the broker has acknowledged it, and the worker's log has it.
vanish() { kill -9 "$PPID"; exit; }

if [ "$BIHUAN_RESUME" != 1 ]; then
    [ $chance != 0 ] || vanish
    sleep "$BIHUAN_PACE"
    echo respond
    sleep 1
    [ $chance != 1 ] || vanish
fi
echo arrive
echo handle
sleep "$BIHUAN_PACE"
echo feedback resolved 已修复
