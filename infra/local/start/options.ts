/** What `npm start` takes. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { mostNodes } from '../node/nodes.ts';

export interface StartOptions {
  /** Exit 0 once the example has answered through the ALB, or not 0 with the reason. */
  readonly once: boolean;
  /** Apply no example. */
  readonly empty: boolean;
  /** First of the fixed ports; undefined: free ones. */
  readonly ports: number | undefined;
  readonly readyFile: string | undefined;
  readonly kube: 'embedded' | 'assets' | 'external';
  /** Machines of the cluster, 1-20. */
  readonly nodes: number;
  /** Has a virtual node beside them. */
  readonly virtualNode: boolean;
  /** Seconds that one function may run; claims end accordingly. Undefined: the step table's. */
  readonly functionTimeout: number | undefined;
}

const wholeNumber = (name: string, min: number, max: number) => (text: string) => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < min || value > max) throw new InvalidArgumentError(`${name} is a whole number, ${min}-${max}.`);
  return value;
};

/** The command line as commander knows it: every option with its help. */
export const startCommand = (): Command =>
  new Command('npm start --')
    .description('Brings up the local cloud, applies examples/cafe.yaml, and shows how its request becomes answerable.')
    .option('--once', 'exit 0 after the example has answered through the ALB, non-zero with the reason otherwise', false)
    .option('--empty', 'apply no example', false)
    .option('--ports <n>', 'use fixed ports from N up; without it free ones are taken', wholeNumber('--ports', 1, 65_400))
    .option('--ready-file <file>', 'write addresses and credentials there, as JSON, once everything answers')
    .addOption(
      new Option(
        '--kube <which>',
        'the Kubernetes API: embedded; assets = the real one of KUBEBUILDER_ASSETS; external = that of KUBECONFIG',
      )
        .choices(['embedded', 'assets', 'external'])
        .default('embedded'),
    )
    .option('--nodes <n>', 'machines of the cluster, in two zones in turn', wholeNumber('--nodes', 1, mostNodes), 1)
    .option('--virtual-node', 'a virtual node beside them, for pods that ask for it', false)
    .option('--function-timeout <s>', 'seconds that a function may run', wholeNumber('--function-timeout', 2, 600));

/** Reads the command line; a wrong one prints what is wrong and exits. */
export function readOptions(argv: readonly string[]): StartOptions {
  const given = startCommand()
    .parse([...argv], { from: 'user' })
    .opts();
  return {
    once: given['once'] === true,
    empty: given['empty'] === true,
    ports: given['ports'],
    readyFile: given['readyFile'],
    kube: given['kube'],
    nodes: given['nodes'],
    virtualNode: given['virtualNode'] === true,
    functionTimeout: given['functionTimeout'],
  };
}
