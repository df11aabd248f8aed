/** A call with what is needed to believe it, whatever the signature style it came in. */
export interface SignedRequest {
  readonly action: string;
  readonly version: string;
  readonly accessKeyId: string;
  /** Empty without temporary credentials. */
  readonly securityToken: string;
  /** `2026-01-02T03:04:05Z`. */
  readonly date: string;
  readonly nonce: string;
  /** The action's own parameters; those of the signature are taken out. */
  readonly parameters: readonly (readonly [string, string])[];
  readonly signature: string;
  /** The signature that the holder of this secret would have sent. */
  signWith(secret: string): string;
}
