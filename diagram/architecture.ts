/** The kind of a box, which determines its colour. */
export type Kind = 'bucket' | 'function' | 'table' | 'topic' | 'queue' | 'log' | 'mail' | 'alarms' | 'dashboard';

/** A resource in the drawing. */
export interface Box {
  readonly address: string;
  readonly kind: Kind;
  readonly label: string;
  /** One part, or several for a group of alarms. */
  readonly parts: readonly Part[];
}

/** A name and facts about the resource. */
export interface Part {
  readonly name: string;
  readonly facts: readonly string[];
}

/** A relation between two resources. */
export interface Arrow {
  readonly from: string;
  readonly to: string;
  /** `invokes` and `sends` are event flows, `may` is an IAM permission, `watches` reads metrics. */
  readonly kind: 'invokes' | 'sends' | 'may' | 'watches';
  readonly words: readonly string[];
}

/** A stack as boxes and arrows. */
export interface Architecture {
  readonly region: string;
  readonly boxes: readonly Box[];
  readonly arrows: readonly Arrow[];
}
