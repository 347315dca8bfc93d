package io.mistersmith.persistence.core.backup;

import io.mistersmith.persistence.backup.BackupTarget;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
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
 * s3:ListBucketMultipartUploads}. Give the bucket a lifecycle rule that ends uploads in parts after
 * a week: the parts that a killed process has left of a file that nobody begins again are in no
 * list of objects, and cost as much as these.
 */
public final class S3Target implements BackupTarget {

  private static final Pattern PREFIX = Pattern.compile("[A-Za-z0-9._/-]*");
  private static final int NOT_FOUND = 404;
  private static final int BUFFER = 64 * 1024;

  /** The header that an object keeps the SHA-256 of its content in, where it is known before. */
  static final String SHA256 = "x-amz-meta-sha256";

  /** The header that chooses a storage class. */
  static final String STORAGE_CLASS = "x-amz-storage-class";

  private final S3Place place;
  private final S3Client client;
  private final S3Writes writes;
  private final String prefix;
  private final Optional<String> storageClass;
  private final int partSize;

  private S3Target(Builder builder) {
    this.place =
        S3Place.of(
            builder.endpoint,
            builder.region,
            builder.bucket,
            builder.pathStyle.orElse(builder.endpoint.isPresent()));
    this.prefix = builder.prefix;
    this.storageClass = builder.storageClass;
    this.partSize = builder.partSize;
    this.client = new S3Client(place, builder.credentials, builder.timeout, builder.attempts);
    this.writes = new S3Writes(this);
  }

  /** Returns a builder of a target in a bucket. */
  public static Builder builder(String bucket) {
    return new Builder(bucket);
  }

  S3Client client() {
    return client;
  }

  /** The key of a path. */
  String key(String path) {
    return prefix + BackupTarget.checked(path);
  }

  /** Manifests are read by every list, and WAL is deleted soon: both stay in the usual class. */
  Optional<String> storageClassOf(String path) {
    return storageClass.filter(
        name -> path.startsWith("backups/") && !path.endsWith("/manifest.json"));
  }

  /** How long a part is, unless an object needs longer ones. */
  int partSize() {
    return partSize;
  }

  @Override
  public void put(String path, long size, InputStream content) {
    try (S3Upload upload = new S3Upload(this, writes, path, size, false)) {
      byte[] bytes = new byte[BUFFER];
      int read = content.read(bytes);
      while (read >= 0) {
        upload.write(bytes, 0, read);
        read = content.read(bytes);
      }
      upload.complete();
    } catch (IOException e) {
      throw DirectoryFailures.ofContent(path, e);
    }
  }

  @Override
  public Upload resume(String path, long size) {
    boolean skip = size >= 0 && find(path).isEmpty();
    return new S3Upload(this, writes, path, size, skip);
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
    if (!PREFIX.matcher(start).matches()) {
      return List.of(); // no path begins so
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
    private static final int MIB = 1024 * 1024;

    private final String bucket;
    private Optional<URI> endpoint = Optional.empty();
    private String region = "us-east-1";
    private Optional<Boolean> pathStyle = Optional.empty();
    private String prefix = "";
    private Optional<String> storageClass = Optional.empty();
    private int partSize = 16 * MIB;
    private Supplier<S3Credentials> credentials = S3Credentials::environment;
    private Duration timeout = Duration.ofMinutes(2);
    private int attempts = 5;

    private Builder(String bucket) {
      this.bucket = bucket;
    }

    /** Sets the region that the bucket is in (us-east-1); an empty text changes nothing. */
    public Builder region(String value) {
      this.region = value.isEmpty() ? region : value;
      return this;
    }

    /** Sets the URL of a store other than Amazon's, such as https://s3.example.com. */
    public Builder endpoint(URI value) {
      this.endpoint = Optional.of(value);
      return this;
    }

    /**
     * Sets whether the bucket's name is in the path, and not in the host name (where an endpoint is
     * given: most stores other than Amazon's need that).
     */
    public Builder pathStyle(boolean value) {
      this.pathStyle = Optional.of(value);
      return this;
    }

    /** Begins every key with this folder, such as {@code production} (none). */
    public Builder prefix(String value) {
      String plain = value.replaceAll("^/+|/+$", "");
      this.prefix = plain.isEmpty() ? "" : BackupTarget.checked(plain) + "/";
      return this;
    }

    /**
     * Sets the storage class of the files of backups, such as {@code GLACIER_IR} (the store's usual
     * one). Manifests and the WAL archive stay in the usual class. A class whose objects must be
     * restored before they can be read, such as {@code GLACIER}, makes a restore wait for hours.
     */
    public Builder storageClass(String value) {
      if (!CLASS.matcher(value).matches()) {
        throw new IllegalArgumentException(
            "'" + value + "' is no storage class, such as GLACIER_IR");
      }
      this.storageClass = Optional.of(value);
      return this;
    }

    /**
     * Sets how many bytes a part has, which is held in memory (16 MiB); from 5 MiB, the least that
     * S3 takes, to 512 MiB. Larger objects get larger parts, since one has at most 10,000.
     */
    public Builder partSize(int value) {
      if (value < 5 * MIB || value > 512 * MIB) {
        throw new IllegalArgumentException(
            "the size of a part is " + value + "; give 5 to 512 MiB, in bytes");
      }
      this.partSize = value;
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
