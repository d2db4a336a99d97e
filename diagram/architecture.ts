/** What a box stands for; the colour tells. */
export type Kind = 'bucket' | 'function' | 'table' | 'topic' | 'queue' | 'log' | 'mail' | 'alarms' | 'dashboard';

/** A resource that is drawn. */
export interface Box {
  readonly address: string;
  readonly kind: Kind;
  readonly label: string;
  /** One, but for a group of alarms. */
  readonly parts: readonly Part[];
}

/** A name, and what is to know about what has it. */
export interface Part {
  readonly name: string;
  readonly facts: readonly string[];
}

/** What one resource does to another. */
export interface Arrow {
  readonly from: string;
  readonly to: string;
  /** `invokes` and `sends` are wiring, `may` is a grant of IAM, `watches` reads metrics. */
  readonly kind: 'invokes' | 'sends' | 'may' | 'watches';
  readonly words: readonly string[];
}

/** A stack as boxes and arrows. */
export interface Architecture {
  readonly region: string;
  readonly boxes: readonly Box[];
  readonly arrows: readonly Arrow[];
}
