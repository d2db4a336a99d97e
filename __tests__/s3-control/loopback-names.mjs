import dns from 'node:dns';

// S3 Control's host begins with the account, also with an endpoint on this machine: `000000000000.localhost`. Names under `localhost` are this
// machine (https://www.rfc-editor.org/rfc/rfc6761#section-6.3), but not every resolver knows. A program loads this with `node --import`.
const { lookup } = dns;
dns.lookup = (hostname, ...rest) => lookup(hostname.endsWith('.localhost') ? 'localhost' : hostname, ...rest);
