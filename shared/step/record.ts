/**
 * The record of a key: claim and ledger in one object. It is a cache: losing it costs reads (everything can be found by tags), never
 * correctness. Stored as one Lease per key; `records.ts` reads and swaps it.
 */
import type { ChainStep } from '#events/contract/messages.ts';
import type { Server } from '#shared/cloud/alb/port.ts';
import type { MembersRule } from '#shared/model/members-source.ts';
import type { GroupIdentity, ListenerIdentity, RuleIdentity } from '#shared/model/stack.ts';
import type { Problem } from '#shared/problem.ts';

/** Asynchronous work that a step started and nobody has verified yet. */
export interface PendingJob {
  readonly step: ChainStep;
  readonly jobId: string;
  /** Identity of the thing it works on, for the person who reads the log. */
  readonly what: string;
  /** Absent: it does not write what rules hold. */
  readonly rules?: RuleBatch;
}

/** Rules of one listener that a job writes. When it fails, one of them may be to blame. */
export interface RuleBatch {
  readonly listener: ListenerIdentity;
  readonly count: number;
  /** Of what these rules hold. */
  readonly content: string;
  /** How many jobs are known to have failed for them before, together or as part of more. */
  readonly failures: number;
}

/** How far one step has come. */
export interface StepLedger {
  /** Hash of what was verified as applied. Cleared before the first write, set after the last verified one. */
  readonly hash?: string;
  /** Hash of what is being applied. */
  readonly target?: string;
  /** An earlier pass did not come to its end: what it wrote, told or asked is not known. */
  readonly again?: true;
  /** Every write of the target was accepted; it becomes the hash when its jobs have succeeded. */
  readonly applied?: boolean;
}

/** A rule that the service refused by itself. */
export interface RefusedRule {
  /** Of its conditions and actions: with others it is tried again. */
  readonly content: string;
  /** For each of its owners. */
  readonly problems: readonly Problem[];
  /** API server's clock, ms. */
  readonly at: number;
}

/** A server group that the service refused to make or to change. */
export interface RefusedGroup {
  /** Of what was sent: with something else it is tried again at once. */
  readonly content: string;
  /** What each of its owners is told. */
  readonly why: Omit<Problem, 'object'>;
  /** Not tried again before (API server's clock, ms). */
  readonly until: number;
  /** How often in a row. */
  readonly tries: number;
  /** Not for what it says, but because there are too many: it is tried again when one has gone. */
  readonly forQuota?: true;
}

/** A server group that nobody wants and that the service does not delete: somebody else refers to it. */
export interface StayingGroup {
  readonly id: string;
  readonly name: string;
  /** The service's code. */
  readonly code: string;
  /** Deletions that were refused. */
  readonly tries: number;
  /** Enough for now: the next sweep tries again. */
  readonly left?: true;
}

/** Rules of which one is to blame for a refusal. */
export interface Suspects {
  readonly count: number;
  /** Of what these rules hold. */
  readonly content: string;
  /** Absent: the call was refused, and would be again. A job may also fail by chance: what its last failure was, and the how manieth. */
  readonly job?: { readonly failures: number; readonly code: string; readonly detail: string };
}

/** A change of a listener that the service refused. */
export interface RefusedListener {
  /** Of what it was to be. */
  readonly content: string;
  readonly why: Omit<Problem, 'object'>;
  /** API server's clock, ms. */
  readonly until: number;
}

/** What we remember of an AlbConfig. */
export interface AlbConfigLedger {
  /** Counted up before every new intent, so that add, remove, add again never replays an old answer of the service. */
  readonly incarnation: number;
  /** The AlbConfig was removed, and so was everything of it; Ingresses that still name it get no new one. */
  readonly removed?: boolean;
  readonly loadBalancer?: {
    readonly id: string;
    readonly dnsName: string;
    readonly active: boolean;
    /** API server's clock, ms: when we created it. Absent when we found it. */
    readonly createdAt?: number;
    /** We have begun to delete it: when it is not there any more, nobody else took it away. */
    readonly leaving?: boolean;
  };
  /** Steps whose things nobody can have written yet, because this record made their parent: there is nothing to observe. */
  readonly untouched: readonly ChainStep[];
  readonly groups: Readonly<Record<GroupIdentity, string>>;
  readonly listeners: Readonly<Record<ListenerIdentity, string>>;
  /** Default certificate by listener id, as last read: the list of listeners does not tell it, and reading it is a call each. */
  readonly certificates?: Readonly<Record<string, string>>;
  /** Ids of groups that rules in the cloud pointed to when we last looked: not collected while they are here. */
  readonly groupsInRules: readonly string[];
  readonly jobs: readonly PendingJob[];
  /**
   * A removal so large that a second reading must confirm it: for which intent (a step's target, or `everything` when the AlbConfig was not
   * there any more), and when it was first wanted (API server's clock, ms).
   */
  readonly removalAsked?: { readonly target: string; readonly at: number };
  /** Ingresses that the rules in force leave out, because the ALB is full or their rules are refused: told for as long as these rules stand. */
  readonly leftOut?: readonly Problem[];
  /** When we last knew, no rule of direction Response was on our listeners, and none was wanted since. Absent: it is to be asked. */
  readonly noResponseRules?: true;
  /** Rules that the service refuses for what they hold, by identity; tried again when they change, or after some time. */
  readonly refused?: Readonly<Record<RuleIdentity, RefusedRule>>;
  /** Groups that the service refuses, by identity: their owners keep the rules that they have. */
  readonly refusedGroups?: Readonly<Record<GroupIdentity, RefusedGroup>>;
  /** Listeners that the service refuses to change, by identity: they stay as they are. */
  readonly refusedListeners?: Readonly<Record<ListenerIdentity, RefusedListener>>;
  /** Groups that are to go and do not, by identity: a matter of their own, which keeps nothing else waiting. */
  readonly stayingGroups?: Readonly<Record<GroupIdentity, StayingGroup>>;
  /** By listener: of the next batch so many, from its front, were refused or failed together; which of them is to blame is not known yet. */
  readonly suspects?: Readonly<Record<ListenerIdentity, Suspects>>;
  /** Ids of rules that could not be made and that the service does not let go either: they are left, until another wish has it asked again. */
  readonly uncleared?: readonly string[];
  /** Rules wait for the first healthy server of a group that they are to turn to: since when (API server's clock, ms). */
  readonly proving?: { readonly since: number };
  /** Rules wait for members of their groups: since when, and when the lane was last asked for them (API server's clock, ms). */
  readonly membersAwaited?: {
    readonly since: number;
    readonly asked: number;
    /** Since when each owner (hash) waits. */
    readonly owners?: Readonly<Record<string, number>>;
  };
  readonly steps: Readonly<Partial<Record<ChainStep, StepLedger>>>;
  /** The chain that is under way: its next message is in a queue. A second one for the same wish need not be started. */
  readonly underway?: {
    readonly chain: string;
    readonly step: ChainStep;
    /** Hash of all step hashes of the wish that it works for. */
    readonly wish: string;
    /** API server's clock, ms. */
    readonly at: number;
  };
  /** Hash of what was last told to people, and of each Ingress's part, so that an Event is written once. */
  readonly reported?: {
    readonly hash: string;
    readonly ingresses: Readonly<Record<string, string>>;
    readonly problems: readonly string[];
    /** Hash of the problems that the stack itself had. */
    readonly wish: string;
  };
}

/** One server as remembered: enough to compare and to remove it. */
export interface RememberedServer {
  readonly type: Server['serverType'];
  readonly id: string;
  /** Empty for type Ecs. */
  readonly ip: string;
  readonly port: number;
  /** 0-100. */
  readonly weight: number;
}

/** Servers of a group that the service does not take for now; times are of the API server's clock, ms. */
export interface RefusedServers {
  /** By what the service tells servers apart by: why, and until when each is not tried again. */
  readonly servers: Readonly<Record<string, { readonly code: string; readonly until: number; readonly tries: number }>>;
  /** There is no room for any more. */
  readonly full?: { readonly code: string; readonly until: number; readonly tries: number };
}

/** What the member lane remembers of one group. */
export interface GroupMembers {
  /** The servers of the last verified state; absent when unknown, so that the next run lists them. */
  readonly servers?: readonly RememberedServer[];
  /** What will be true when `jobId` has succeeded. */
  readonly next?: readonly RememberedServer[];
  readonly jobId?: string;
  /** Number of servers wanted, with or without an id in the cloud. */
  readonly wanted?: number;
  /** How many were registered when last verified: while a change is under way, the group still serves. */
  readonly registered?: number;
  /** The doubt that was last followed up by a list. */
  readonly doubtedAt?: number;
  readonly refused?: RefusedServers;
  /** Since when (API server's clock, ms) a wanted server keeps the group waiting until it has drained. */
  readonly drainsSince?: number;
  /** Digest of the servers wanted when they were last applied: dispatch compares it on a resync. */
  readonly digest?: string;
}

/** Pods with readiness gates. */
export interface GateLedger {
  /** By name: since when they wait (API server's clock, ms); 0: the gate is open. */
  readonly pods: Readonly<Record<string, number>>;
  /**
   * The message that comes to look at those that wait: when (API server's clock, ms), and the attempt that it says. By the clock alone it could
   * not be told from others: it may come a little early, for no two instances tell the same time.
   */
  readonly next?: { readonly at: number; readonly attempt: number };
}

/** A server group that was made elsewhere and that the Service is bound to by annotation. */
export interface BoundGroup {
  readonly groupType: 'Instance' | 'Ip';
  readonly rule: MembersRule;
  /** It is bound no more: our servers go, then our tags, then this entry. */
  readonly leaving?: true;
}

/** What we remember of a Service. `members` is written by the member lane alone, `groups` by the chain alone. */
export interface ServiceLedger {
  readonly members: Readonly<Record<string, GroupMembers>>;
  /** Groups made elsewhere, by id; absent: none. */
  readonly bound?: Readonly<Record<string, BoundGroup>>;
  /** Hash of what people were told that is left out: told once. */
  readonly told?: string;
  /**
   * The message that looks at what is left out again: for which of it, when (API server's clock, ms), the attempt that it says, and whose
   * invocation sent it.
   */
  readonly comesBack?: { readonly told: string; readonly at: number; readonly attempt: number; readonly holder: string };
  /** Absent: no Pod of this Service has a readiness gate of ours. */
  readonly gates?: GateLedger;
}

/** A group that the chain made for a Service, by group id. */
export interface ServiceGroup extends MembersRule {
  readonly albConfig: string;
  /** The chain has just made it, so it is empty until the lane writes to it: nothing to list. */
  readonly made?: boolean;
  /** At this look (incarnation of the AlbConfig) the service counted other servers than the lane had registered: they are to be listed. */
  readonly doubtedAt?: number;
}

export const emptyAlbConfigLedger: AlbConfigLedger = {
  incarnation: 0,
  untouched: [],
  groups: {},
  listeners: {},
  groupsInRules: [],
  jobs: [],
  steps: {},
};

export const emptyServiceLedger: ServiceLedger = { members: {} };
