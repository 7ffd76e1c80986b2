/// The watchdog's script, for any POSIX shell and `od`.
package enum WatchdogScript {
  /// The offset of the first slot from the first word, in bytes, and the number of the word with the count of slots in use.
  private static let slotsPlace = SharedPage.slotsOffset + InFlightSlot.size - SharedPage.wordsOffset
  private static let usedWord = (SharedPage.slotsOffset - SharedPage.wordsOffset) / 8 + 1

  /// The script's arguments are the host's name, and the page of a timeline, if there is one, to which it adds a line.
  /// Descriptor 3 is the pipe, 4 the shared page, 5 a copy of the connection to Hydra, if there is one. The report uses the same words as `RankActivity.describe`.
  package static let text = """
    watch() {
    cd /
    while read -r word; do :; done <&3
    # The launcher may have noticed the rank's end too, and may end the group now.
    trap '' TERM
    exec 3<&-
    page=/proc/self/fd/4
    { read -r even; read -r odd; } <$page
    host=$1 timeline=$2
    # Read the first few slots together with the words: some launchers don't wait for late output.
    words() { od -A n -v -t d8 -j \(SharedPage.wordsOffset) -N $((\(slotsPlace) + $1 * \(InFlightSlot.size))) <$page; }
    set -- $(words 4)
    [ "$2" = \(SharedPage.State.running.rawValue) ] || exit 0
    rank=$1 number=$3 since=$4 signal=$5 now=$6 thread=$7 kills=$8 ahead=$9 row=${10} used=${\(usedWord)}
    [ $used -le 4 ] || set -- $(words $used)
    shift \(slotsPlace / 8)
    slots=$*
    if [ $now = 0 ]; then
      read -r up _ </proc/uptime
      now=$((${up%.*}${up#*.}0000000 - ahead))
    fi

    # The system counts its kills, but doesn't tell which process it has killed.
    how='killed (SIGKILL: by a user, by the batch system, or out of memory) or ended by _exit'
    while read -r name count; do
      [ "$name" = oom_kill ] && [ $count -gt $kills ] && how='killed (SIGKILL), probably out of \
    memory: the system has killed processes on this machine for that reason since the job started'
    done </proc/vmstat
    [ $signal = 0 ] || name=SIG$(kill -l $signal)
    case $signal in
    0) ;;
    4 | 5) how="crashed by a trap, such as fatalError, an index out of range or an overflow ($name)" ;;
    6) how="ended by abort ($name)" ;;
    7 | 11) how="crashed by an invalid address or a stack overflow ($name)" ;;
    8) how="crashed by an arithmetic error, such as a division by zero ($name)" ;;
    *) how="ended by a signal ($name)" ;;
    esac

    tenths() { tenths=$((($now - $1) / 100000000)); [ $tenths -ge 0 ] || tenths=0; tenths="$((tenths / 10)).$((tenths % 10)) s"; }
    if [ $since != 0 ]; then
      [ $((number & 1)) = 0 ] && call=$even || call=$odd
      tenths $since
      where="in call $number, $call, for $tenths"
    elif [ $number = 0 ]; then
      where="in the program's own code, before its first call"
    else
      where="in the program's own code, after call $number"
    fi

    own= others= shown=0
    set -- $slots
    while [ $# -ge 8 ]; do
      if [ $3 != 0 ] && [ $1 -lt $2 ]; then
        [ $(($2 - $1)) = 1 ] && items="item $1" || items="items $1 to $(($2 - 1))"
        tenths $3
        items="$items (for $tenths)"
        shown=$((shown + 1))
        if [ $thread != 0 ] && [ $4 = $thread ]; then own=$items
        elif [ $shown -le \(RankActivity.maximumShown) ]; then others="$others, $items"
        elif [ $shown = \(RankActivity.maximumShown + 1) ]; then others="$others, and so on"
        fi
      fi
      shift 8
    done
    others=${others#, }
    if [ -n "$own" ] && [ -n "$others" ]; then
      where="$where: computing $own; on other threads $others"
    elif [ -n "$own$others" ]; then
      where="$where: computing $own$others"
    fi
    printf 'Seppo: rank %s (%s): %s; it was %s\\n' "$rank" "$host" "$how" "$where" >&2
    [ $row = 0 ] || printf '\\0337\\033[r\\033[%s;1H\\033[2K\\0338' $row >&2
    if [ -n "$timeline" ] && [ -f "$timeline" ]; then
      printf 'died %s %s %s %s; it was %s\\n' "$rank" "$now" "$host" "$how" "$where" >>"$timeline"
    fi
    # Hydra ends the job after a signal, but not after _exit. It waits until its ranks' files are closed.
    [ -e /proc/self/fd/5 ] || exit 0
    exec 2>&-
    sleep 1
    trap '' PIPE
    printf '%s\\n' '\(HydraConnection.abort(status: 1))' >&5
    }
    watch "$@" &
    """
}
