// Serves the folder given as S3 on a free port of 127.0.0.1, and prints that port.
const { promises: fs } = require('fs');
const path = require('path');

// It cannot list and abort uploads of several parts: that is done here, for whoever may use the bucket. It lists those whose key begins with the prefix, all
// at once. Before the server is loaded, which takes its functions then.
const bucket = require('@20minutes/s3rver/lib/controllers/bucket');
const { bucketExists } = bucket;
const uploadsOf = (ctx) => ctx.store.getResourcePath(ctx.params.bucket, undefined, 'uploads');

const abort = async (ctx) => {
  await fs.rm(path.join(uploadsOf(ctx), path.basename(ctx.query.uploadId)), { recursive: true, force: true });
  ctx.status = 204;
};

const list = async (ctx) => {
  const uploads = [];
  for (const id of await fs.readdir(uploadsOf(ctx)).catch(() => [])) {
    const key = path.join(uploadsOf(ctx), id, 'key');
    uploads.push({ Key: `${await fs.readFile(key)}`, UploadId: id, Initiated: (await fs.stat(key)).mtime.toISOString() });
  }
  const Upload = uploads.filter((u) => u.Key.startsWith(ctx.query.prefix ?? ''));
  ctx.body = { ListMultipartUploadsResult: { Bucket: ctx.params.bucket, IsTruncated: false, Upload } };
};

bucket.bucketExists = (ctx, next) =>
  bucketExists(ctx, async () => {
    if (ctx.method === 'DELETE' && ctx.query.uploadId) return abort(ctx);
    if (ctx.method === 'GET' && 'uploads' in ctx.query && !ctx.params.key) return list(ctx);
    return next?.();
  });

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
