#!/bin/sh
# A slow department: takes its time before it responds, and longer before it is done, so that clocks warn, break and
# climb. How slow follows from the incident's id: the same incident is as slow again.
#
# BIHUAN_PACE: seconds a step takes (1).

# This stands for a person at work: the wait is the work itself.
steps() {
    n=$1
    while [ "$n" -gt 0 ]; do
        sleep "${BIHUAN_PACE:-1}"
        n=$((n - 1))
    done
}

cat >/dev/null
seed=$(printf '%s' "$BIHUAN_INCIDENT" | cksum | cut -d ' ' -f 1)

if [ "$BIHUAN_RESUME" != 1 ]; then
    steps $((2 + seed % 7))
    echo respond
fi
steps $((3 + seed / 7 % 7))
echo arrive
steps 2
echo handle
echo note 人手不足，正在处理
steps $((2 + seed / 49 % 9))
echo feedback resolved 已处理
