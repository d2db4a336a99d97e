/** A system fault that a retry may resolve. */
export class TransientFault extends Error {
  readonly code: 'OutOfTime' | 'Contention' | 'NotFoundYet';
  override readonly name = 'TransientFault';
  constructor(code: TransientFault['code'], message: string) {
    super(message);
    this.code = code;
  }
}
