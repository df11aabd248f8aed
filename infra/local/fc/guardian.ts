/**
 * The end of instances whose host was killed. An instance that is frozen between requests cannot notice that its host has gone, so a tiny
 * shell that is never frozen waits for the end of its input, which comes however the host ends, and then kills what is on its list.
 */
import { spawn } from 'node:child_process';

// `+pid` and `-pid` keep the list. Signals of a terminal are ignored: the host ends the shell by closing its input.
const script = `
trap '' INT TERM HUP
list=' '
while read -r line; do
  pid=\${line#?}
  case $line in
    +*) list="$list$pid " ;;
    -*) list="\${list%%" $pid "*} \${list#*" $pid "}" ;;
  esac
done
for pid in $list; do kill -9 "$pid" 2>/dev/null; done
`;

export interface Guardian {
  watch(pid: number): void;
  forget(pid: number): void;
  close(): void;
}

export function startGuardian(): Guardian {
  const shell = spawn('/bin/sh', ['-c', script], { stdio: ['pipe', 'ignore', 'ignore'], env: {} });
  shell.on('error', () => {}); // no shell, no guardian: an orderly stop still ends every instance
  shell.stdin.on('error', () => {}); // a guardian that is gone is missed only when the host is killed, too
  shell.unref();
  const tell = (sign: '+' | '-', pid: number) => {
    // `kill` takes 0 and below for whole groups of processes.
    if (pid > 1) shell.stdin.write(`${sign}${pid}\n`);
  };
  return {
    watch: (pid) => tell('+', pid),
    forget: (pid) => tell('-', pid),
    close: () => shell.stdin.end(),
  };
}
