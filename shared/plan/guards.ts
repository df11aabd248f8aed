/** Nothing is deleted in bulk on the word of one reading. */

/** Removing at most this many things is never asked about. */
const fewEnough = 5;

export interface Removal {
  /** How many there are now. */
  readonly existing: number;
  /** How many of them would go. */
  readonly removed: number;
  /** A second reading after a delay agreed, or a person said yes. */
  readonly confirmed: boolean;
}

/** `confirm`: more than half, and more than five, of an ALB's rules would go; read again after a delay first. */
export const massRemoval = (removal: Removal): 'go' | 'confirm' => {
  const large = removal.removed > fewEnough && removal.removed * 2 > removal.existing;
  return large && !removal.confirmed ? 'confirm' : 'go';
};
