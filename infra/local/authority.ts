/** Certificate authorities of the local cloud: whoever trusts one trusts every server certificate that it issued. */
import { generate } from 'selfsigned';

/** PEM texts. */
export interface Leaf {
  readonly certificate: string;
  readonly key: string;
}

/** PEM texts of the authority itself. */
export type Authority = Leaf;

export interface LeafNames {
  readonly commonName: string;
  /** Shown as the subject's organization. */
  readonly organization?: string;
  readonly hosts: readonly string[];
  readonly addresses: readonly string[];
}

const tenYearsMs = 10 * 365 * 24 * 3600_000;

const common = () => ({ keyType: 'ec', algorithm: 'sha256', notAfterDate: new Date(Date.now() + tenYearsMs) }) as const;

/** A new authority, good for ten years. */
export async function createAuthority(commonName: string): Promise<Authority> {
  const made = await generate([{ name: 'commonName', value: commonName }], {
    ...common(),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, digitalSignature: true, critical: true },
    ],
  });
  return { certificate: made.cert, key: made.private };
}

/** A server certificate for these names, as long good as its authority. */
export async function issueLeaf(authority: Authority, { commonName, organization, hosts, addresses }: LeafNames): Promise<Leaf> {
  const subject = [
    { name: 'commonName', value: commonName },
    ...(organization === undefined ? [] : [{ name: 'organizationName', value: organization }]),
  ];
  const made = await generate(subject, {
    ...common(),
    ca: { key: authority.key, cert: authority.certificate },
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'keyUsage', digitalSignature: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [...hosts.map((value) => ({ type: 2 as const, value })), ...addresses.map((ip) => ({ type: 7 as const, ip }))],
      },
    ],
  });
  return { certificate: made.cert, key: made.private };
}
