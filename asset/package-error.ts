/** The package cannot be built; the message says why and what to do, and is all that a user sees. */
export class PackageError extends Error {
  readonly code = 'PACKAGE_FAILED';
  override readonly name = 'PackageError';
}
