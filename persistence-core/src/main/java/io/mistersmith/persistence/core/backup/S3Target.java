package io.mistersmith.persistence.core.backup;

import io.mistersmith.persistence.backup.BackupTarget;
import io.mistersmith.persistence.core.internal.base.Digests;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.net.http.HttpResponse;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * Keeps backups in a bucket of Amazon S3, or of another store with its interface. Objects are
 * written with the SHA-256 of what is sent, larger ones in parts of 16 MiB or more, and never
 * replaced. Prints and fails without keys. Thread-safe.
 *
 * <p>The user needs {@code s3:PutObject}, {@code s3:GetObject}, {@code s3:DeleteObject}, {@code
 * s3:ListBucket}, {@code s3:AbortMultipartUpload}, {@code s3:ListMultipartUploadParts} and {@code
 * s3:ListBucketMultipartUploads}.
 */
public final class S3Target implements BackupTarget {

  private static final Pattern PATH = Pattern.compile("[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*");
  private static final Pattern PREFIX = Pattern.compile("([A-Za-z0-9._-]+/)*[A-Za-z0-9._-]*");
  private static final Pattern DOTS = Pattern.compile("(^|.*/)\\.\\.?(/.*|$)");
  private static final String SHA256 = "x-amz-meta-sha256";
  private static final int NOT_FOUND = 404;
  private static final int CONFLICT = 409;
  private static final int EXISTS = 412;
  private static final int FAILED = 500;
  private static final int NOT_IMPLEMENTED = 501;

  /** The header that chooses a storage class. */
  static final String STORAGE_CLASS = "x-amz-storage-class";

  private final S3Place place;
  private final S3Client client;
  private final String prefix;
  private final Optional<String> storageClass;

  /** Whether the store is known not to support writes that are refused where an object exists. */
  private volatile boolean withoutConditions;

  private S3Target(Builder builder) {
    this.place = S3Place.of(builder.endpoint, builder.region, builder.bucket, builder.pathStyle);
    this.prefix = builder.prefix;
    this.storageClass = builder.storageClass;
    this.client = new S3Client(place, builder.credentials, builder.timeout, builder.attempts);
  }

  /** Returns a builder of a target in a bucket. */
  public static Builder builder(String bucket) {
    return new Builder(bucket);
  }

  /**
   * What was written in parts.
   *
   * @param size how many bytes the object has
   * @param from from where on the digest is; what is before was written by another attempt
   * @param sha256 the digest from there to the end
   */
  record Written(long size, long from, String sha256) {}

  S3Client client() {
    return client;
  }

  /** The key of a path. */
  String key(String path) {
    if (!PATH.matcher(path).matches() || DOTS.matcher(path).matches()) {
      throw badPath(path);
    }
    return prefix + path;
  }

  private static NonTransientPersistenceException badPath(String path) {
    return new NonTransientPersistenceException(
        DataError.INVALID_KEY,
        "'" + path + "' is no path of a backup: parts of letters, digits, '.', '_' and '-'");
  }

  /** Manifests are read by every list, and WAL is deleted soon: both stay in the usual class. */
  Optional<String> storageClassOf(String path) {
    return storageClass.filter(
        name -> path.startsWith("backups/") && !path.endsWith("/manifest.json"));
  }

  @Override
  public void put(String path, long size, InputStream content) {
    if (size < 0) {
      throw new IllegalArgumentException("size is " + size + "; give the size, or call resume");
    }
    try (S3Upload upload = new S3Upload(this, path, size, false)) {
      byte[] bytes = new byte[(int) Math.max(1, Math.min(size + 1, 1 << 16))];
      int read = content.read(bytes);
      while (read >= 0) {
        upload.write(bytes, 0, read);
        read = content.read(bytes);
      }
      upload.complete();
    } catch (IOException e) {
      throw new TransientPersistenceException(
          DataError.UNAVAILABLE, "write " + path + ": its content cannot be read", e);
    }
  }

  @Override
  public Upload resume(String path, long size) {
    return new S3Upload(this, path, size, find(path).isEmpty());
  }

  /** Stores an object with one request. */
  void store(String path, byte[] bytes, String sha256) {
    String what = "write " + path;
    S3Call plain = S3Call.of("PUT", key(path)).header(SHA256, sha256).body(bytes);
    S3Call call =
        storageClassOf(path).map(name -> plain.header(STORAGE_CLASS, name)).orElse(plain);
    Optional<HttpResponse<byte[]>> answer = sendNew(what, path, call);
    if (answer.isEmpty()) {
      requireSame(path, new Written(bytes.length, 0, sha256));
    } else if (answer.get().statusCode() / 100 != 2) {
      throw client.failure(what, answer.get());
    }
  }

  /** Makes an object of its parts. */
  void end(String path, String upload, byte[] parts, Written written) {
    String what = "complete " + path;
    S3Call call = S3Call.of("POST", key(path)).query("uploadId", upload).body(parts);
    Optional<HttpResponse<byte[]>> answer = sendNew(what, path, call);
    if (answer.isEmpty()) {
      requireSame(path, written);
      new S3Parts(client, key(path)).abort(upload);
      return;
    }
    int status = answer.get().statusCode();
    if (status == NOT_FOUND && find(path).isPresent()) {
      requireSame(path, written); // an earlier attempt succeeded, and its answer was lost
    } else if (status / 100 != 2) {
      throw client.failure(what, answer.get());
    } else {
      requireCompleted(what, answer.get().body());
    }
  }

  /** A store answers at once that it has begun, and in the body whether it has succeeded. */
  private void requireCompleted(String what, byte[] body) {
    S3Answer said;
    try {
      said = S3Answer.of(body);
    } catch (IOException e) {
      throw new TransientPersistenceException(
          DataError.OUTCOME_UNKNOWN, what + " at " + place + ": the answer is no XML", e);
    }
    if (said.isError()) {
      throw client.failure(what, FAILED, said.text("Code"));
    }
  }

  /**
   * Sends a write that the store refuses where the object exists. A store that knows no such writes
   * is asked before; then two writers at the same moment can replace each other's object.
   *
   * @return the answer; empty when the object exists
   */
  private Optional<HttpResponse<byte[]>> sendNew(String what, String path, S3Call call) {
    if (!withoutConditions) {
      S3Call onlyNew = call.header("if-none-match", "*");
      HttpResponse<byte[]> answer = client.send(what, onlyNew);
      for (int again = 0; again < 3 && answer.statusCode() == CONFLICT; again++) {
        answer = client.send(what, onlyNew);
      }
      if (answer.statusCode() == EXISTS) {
        return Optional.empty();
      }
      if (answer.statusCode() != NOT_IMPLEMENTED) {
        return Optional.of(answer);
      }
      withoutConditions = true;
    }
    return find(path).isPresent() ? Optional.empty() : Optional.of(client.send(what, call));
  }

  /** Fails unless the object that exists has this content. */
  private void requireSame(String path, Written written) {
    Stored stored =
        find(path)
            .orElseThrow(
                () ->
                    new TransientPersistenceException(
                        DataError.TRANSACTION_CONFLICT,
                        "write " + path + ": it existed, and was deleted; write it again"));
    boolean same = stored.size() == written.size();
    if (same && written.from() > 0) {
      throw new TransientPersistenceException(
          DataError.TRANSACTION_CONFLICT,
          "write " + path + ": somebody else wrote it meanwhile; write it again to compare them");
    }
    if (!same || !digestOf(path).equals(written.sha256())) {
      throw new NonTransientPersistenceException(
          DataError.DUPLICATE_KEY,
          "write " + path + " at " + place + ": it exists with other content; nothing was changed");
    }
  }

  private String digestOf(String path) {
    MessageDigest digest = Digests.sha256();
    try (DigestInputStream content = new DigestInputStream(get(path, 0), digest)) {
      content.transferTo(OutputStream.nullOutputStream());
    } catch (IOException e) {
      throw new TransientPersistenceException(
          DataError.CONNECTION_FAILED, "read " + path + " at " + place + ": it broke off", e);
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  @Override
  public InputStream get(String path, long offset) {
    return new S3Object(client, "read " + path, key(path), offset);
  }

  @Override
  public Optional<Stored> find(String path) {
    String what = "look for " + path;
    HttpResponse<byte[]> answer = client.send(what, S3Call.of("HEAD", key(path)));
    if (answer.statusCode() == NOT_FOUND) {
      return Optional.empty();
    }
    if (answer.statusCode() / 100 != 2) {
      throw client.failure(what, answer);
    }
    HttpHeaders headers = answer.headers();
    return Optional.of(
        new Stored(
            path,
            headers.firstValueAsLong("content-length").orElse(0),
            headers.firstValue(SHA256),
            headers
                .firstValue("last-modified")
                .map(time -> DateTimeFormatter.RFC_1123_DATE_TIME.parse(time, Instant::from))
                .orElse(Instant.EPOCH)));
  }

  @Override
  public List<Stored> list(String start) {
    if (!PREFIX.matcher(start).matches() || DOTS.matcher(start).matches()) {
      throw badPath(start);
    }
    String what = "list " + start;
    S3Call call = S3Call.of("GET", "").query("list-type", "2").query("prefix", prefix + start);
    List<Stored> all = new ArrayList<>();
    S3Answer page = client.ask(what, call);
    add(page, all);
    while (page.text("IsTruncated").equals("true")) {
      page = client.ask(what, call.query("continuation-token", page.text("NextContinuationToken")));
      add(page, all);
    }
    all.sort(Comparator.comparing(Stored::path));
    return all;
  }

  private void add(S3Answer page, List<Stored> all) {
    for (S3Answer object : page.all("Contents")) {
      all.add(
          new Stored(
              object.text("Key").substring(prefix.length()),
              object.number("Size"),
              Optional.empty(),
              Instant.parse(object.text("LastModified"))));
    }
  }

  @Override
  public void delete(String path) {
    String what = "delete " + path;
    HttpResponse<byte[]> answer = client.send(what, S3Call.of("DELETE", key(path)));
    if (answer.statusCode() / 100 != 2 && answer.statusCode() != NOT_FOUND) {
      throw client.failure(what, answer);
    }
    new S3Parts(client, key(path)).abortAll();
  }

  @Override
  public String toString() {
    return place + (prefix.isEmpty() ? "" : ", " + prefix);
  }

  /** Collects the settings, and checks each as it is given. Not thread-safe. */
  public static final class Builder {

    private static final Pattern CLASS = Pattern.compile("[A-Z][A-Z0-9_]*");

    private final String bucket;
    private Optional<URI> endpoint = Optional.empty();
    private String region = "us-east-1";
    private boolean pathStyle;
    private String prefix = "";
    private Optional<String> storageClass = Optional.empty();
    private Supplier<S3Credentials> credentials = S3Credentials::environment;
    private Duration timeout = Duration.ofMinutes(2);
    private int attempts = 5;

    private Builder(String bucket) {
      this.bucket = bucket;
    }

    /** Sets the region that the bucket is in (us-east-1). */
    public Builder region(String value) {
      this.region = value;
      return this;
    }

    /** Sets the URL of a store other than Amazon's, such as https://s3.example.com. */
    public Builder endpoint(URI value) {
      this.endpoint = Optional.of(value);
      return this;
    }

    /**
     * Puts the bucket's name into the path, and not into the host name (false). Most stores other
     * than Amazon's need that.
     */
    public Builder pathStyle(boolean value) {
      this.pathStyle = value;
      return this;
    }

    /** Begins every key with this folder, such as {@code production} (none). */
    public Builder prefix(String value) {
      String plain = value.replaceAll("^/+|/+$", "");
      if (!plain.isEmpty() && (!PATH.matcher(plain).matches() || DOTS.matcher(plain).matches())) {
        throw new IllegalArgumentException(
            "'" + value + "' is no prefix: give parts of letters, digits, '.', '_' and '-'");
      }
      this.prefix = plain.isEmpty() ? "" : plain + "/";
      return this;
    }

    /**
     * Sets the storage class of the files of backups, such as {@code GLACIER_IR} (the store's
     * usual one). Manifests and the WAL archive stay in the usual class. A class whose objects must
     * be restored before they can be read, such as {@code GLACIER}, makes a restore wait for hours.
     */
    public Builder storageClass(String value) {
      if (!CLASS.matcher(value).matches()) {
        throw new IllegalArgumentException(
            "'" + value + "' is no storage class, such as GLACIER_IR");
      }
      this.storageClass = Optional.of(value);
      return this;
    }

    /** Sets where the keys come from; they are asked for with each request (the environment). */
    public Builder credentials(Supplier<S3Credentials> value) {
      this.credentials = value;
      return this;
    }

    /** Sets how long one request may take, that of a part included (2 minutes). */
    public Builder timeout(Duration value) {
      if (value.isNegative() || value.isZero()) {
        throw new IllegalArgumentException("the timeout is " + value + "; give a positive one");
      }
      this.timeout = value;
      return this;
    }

    /** Sets how often a request is sent at most before the store counts as failed (5). */
    public Builder attempts(int value) {
      if (value < 1) {
        throw new IllegalArgumentException("attempts is " + value + "; give at least 1");
      }
      this.attempts = value;
      return this;
    }

    /**
     * Returns the target. Sends no request.
     *
     * @throws IllegalArgumentException when the bucket, the region or the endpoint is none
     */
    public S3Target build() {
      return new S3Target(this);
    }
  }
}
