// Serves the folder given as S3 on a free port of 127.0.0.1, and prints that port.
const S3rver = require('@20minutes/s3rver');
const v4 = require('@20minutes/s3rver/lib/signature/v4');

const server = new S3rver({ address: '127.0.0.1', port: 0, directory: process.argv[2], silent: true, vhostBuckets: false });

// It puts the path and the query together anew to check a signature, and not as they were sent: without a slash after the bucket, and
// with quotes and asterisks as they are.
const urls = new WeakMap();
server.middleware.unshift((ctx, next) => {
  urls.set(ctx.req.headers, ctx.req.url.split('?'));
  return next();
});
const canonical = (query) =>
  query.split('&').filter((p) => p && !p.startsWith('X-Amz-Signature=')).map((p) => (p.includes('=') ? p : `${p}=`)).sort().join('&');
const sign = v4.getStringToSign;
v4.getStringToSign = (request, signed) => {
  const [uri, query = ''] = urls.get(request.headers);
  return sign({ ...request, uri, querystring: canonical(query) }, signed);
};

server.run().then(({ port }) => console.log(port));
