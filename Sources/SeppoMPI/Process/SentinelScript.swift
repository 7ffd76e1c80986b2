/// What the sentinel does, for any POSIX shell and its `od`.
enum SentinelScript {
  /// Arguments: the host's name, and the rank's process. File 3 is the pipe, file 4 the shared page.
  ///
  /// In the words of `Whereabouts.describe`.
  static let text = """
    watch() {
    while read -r word; do :; done <&3
    read -r stat </proc/$2/stat
    exec 3<&-
    page=/proc/self/fd/4
    { read -r even; read -r odd; } <$page
    host=$1
    set -- $(od -A n -v -t d8 -j \(SharedPage.wordsOffset) -N 72 <$page)
    [ "$2" = \(SharedPage.State.running.rawValue) ] || exit 0
    rank=$1 number=$3 since=$4 signal=$5 now=$6 thread=$7 kills=$8 ahead=$9
    if [ $now = 0 ]; then
      read -r up _ </proc/uptime
      now=$((${up%.*}${up#*.}0000000 - ahead))
    fi

    # Known where nobody has asked for it yet: what the process ended with.
    set -- ${stat##*) }
    if [ $signal = 0 ] && [ "${50:-0}" != 0 ]; then signal=$((${50} & 127)) status=$((${50} >> 8)); fi
    how=
    while read -r name count; do
      [ "$name" = oom_kill ] && [ $kills -ge 0 ] && [ $count -gt $kills ] && how=', it seems for want of memory: \
    the system has killed processes of this machine for that since this one began'
    done </proc/vmstat
    case "$signal ${status-}" in
    "0 "[1-9]*) how="ended by _exit($status)" ;;
    "0 "*) how="gone without a word: killed (SIGKILL${how:-: by hand, by the batch system, or for want of memory}), or \
    ended by _exit" ;;
    "9 "*) how="killed (SIGKILL${how:-: by hand, by the batch system, or for want of memory})" ;;
    "4 "* | "5 "*) how="crashed by a trap (SIG$(kill -l $signal): fatalError, an index out of range, an overflow, …)" ;;
    "6 "*) how='ended by abort (SIGABRT)' ;;
    "7 "* | "11 "*) how="crashed by a bad address, or a full stack (SIG$(kill -l $signal))" ;;
    "8 "*) how='crashed by arithmetic, as a division by zero (SIGFPE)' ;;
    *) how="ended by a signal, SIG$(kill -l $signal)" ;;
    esac

    tenths() { tenths=$((($now - $1) / 100000000)); tenths="$((tenths / 10)).$((tenths % 10)) s"; }
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
    set -- $(od -A n -v -t d8 -j \(SharedPage.handsOffset) -N 8 <$page)
    [ $1 = 0 ] || set -- $(od -A n -v -t d8 -j \(SharedPage.handsOffset + Hand.size) -N $(($1 * \(Hand.size))) <$page)
    while [ $# -ge 8 ]; do
      if [ $3 != 0 ] && [ $1 -lt $2 ]; then
        [ $(($2 - $1)) = 1 ] && items="item $1" || items="items $1 to $(($2 - 1))"
        tenths $3
        items="$items (for $tenths)"
        [ $4 = $thread ] && own=$items || others="$others, $items"
      fi
      shift 8
    done
    others=${others#, }
    if [ -n "$own" ] && [ -n "$others" ]; then
      where="$where: computing $own; on other threads $others"
    elif [ -n "$own$others" ]; then
      where="$where: computing $own$others"
    fi
    printf 'Seppo: rank %s (%s): %s, %s\\n' "$rank" "$host" "$how" "$where" >&2
    }
    watch "$@" &
    """
}
