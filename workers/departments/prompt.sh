#!/bin/sh
# A prompt department: responds, goes there, deals with it, reports. For bihuan-worker: each line printed is a word.
#
#   bihuan-worker --department UNIT -- departments/prompt.sh
#
# BIHUAN_PACE: seconds a step takes (1).

# This stands for a person at work: the wait is the work itself.
step() { sleep "${BIHUAN_PACE:-1}"; }

cat >/dev/null # the task is here too, as JSON; this department knows what to do without reading it

if [ "$BIHUAN_RESUME" != 1 ]; then # else a colleague has responded already
    step
    echo respond
fi
step
echo arrive
echo handle
step
echo feedback resolved 现场已处理完毕
