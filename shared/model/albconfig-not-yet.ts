/**
 * Fields of an AlbConfig that the existing controllers honour and this one does not yet. Ignoring one that guards something would leave it
 * open, so such a field holds the whole AlbConfig, or its listener; the others only are told.
 */

/** `hold`: the AlbConfig (or, in a listener, that listener) is left alone until the field is gone; `tell`: it has no effect. */
export interface FieldNotYet {
  readonly name: string;
  readonly policy: 'hold' | 'tell';
  readonly text: string;
  /** Values that ask for what is done anyway. */
  readonly harmless?: readonly unknown[];
}

export const configNotYet: readonly FieldNotYet[] = [
  { name: 'id', policy: 'hold', text: 'Reuse of an existing ALB.' },
  { name: 'securityGroupIds', policy: 'hold', text: 'Security groups of the ALB.' },
  { name: 'ipv6AddressType', policy: 'hold', text: 'Public or private IPv6.' },
  { name: 'accessLogConfig', policy: 'tell', text: 'Access log of the ALB.' },
  { name: 'billingConfig', policy: 'tell', text: 'Payment and bandwidth package.', harmless: [{ payType: 'PostPay' }] },
  { name: 'forceOverride', policy: 'tell', text: 'Only with a reused ALB.' },
  { name: 'listenerForceOverride', policy: 'tell', text: 'Only with a reused ALB.' },
  { name: 'deletionProtectionEnabled', policy: 'tell', text: 'Always on.', harmless: [true] },
  { name: 'modificationProtectionConfig', policy: 'tell', text: 'Always on.', harmless: [{ status: 'ConsoleProtection' }] },
];

export const listenerNotYet: readonly FieldNotYet[] = [
  { name: 'aclConfig', policy: 'hold', text: 'Access control list of the listener.' },
  { name: 'caEnabled', policy: 'hold', text: 'Client certificates.' },
  { name: 'caCertificates', policy: 'hold', text: 'Authority of client certificates.' },
  { name: 'defaultCertificate', policy: 'tell', text: 'Default certificate by another way than `certificates`.' },
  { name: 'quicConfig', policy: 'tell', text: 'Upgrade to QUIC.' },
  { name: 'logConfig', policy: 'tell', text: 'Headers and traces in the access log.' },
  { name: 'tags', policy: 'tell', text: 'Tags of the listener.' },
  { name: 'defaultActions', policy: 'tell', text: 'Reserved: the default action is always an empty group.' },
  { name: 'loadBalancerId', policy: 'tell', text: 'Reserved.' },
];
