package io.mistersmith.persistence.core.backup;

import java.net.URI;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Where an object store and a bucket in it are.
 *
 * @param endpoint the URL of the store, without path
 * @param region the region that requests are signed for
 * @param bucket the bucket
 * @param pathStyle whether the bucket is in the path, and not in the host name
 */
record S3Place(URI endpoint, String region, String bucket, boolean pathStyle) {

  private static final Pattern BUCKET = Pattern.compile("[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]");
  private static final Pattern REGION = Pattern.compile("[a-z0-9-]{1,40}");

  S3Place {
    if (!BUCKET.matcher(bucket).matches()) {
      throw new IllegalArgumentException(
          "'" + bucket + "' is no name of a bucket: give 3 to 63 of a-z, 0-9, . and -");
    }
    if (!REGION.matcher(region).matches()) {
      throw new IllegalArgumentException(
          "'" + region + "' is no name of a region, such as eu-central-1");
    }
    String scheme = String.valueOf(endpoint.getScheme()).toLowerCase(Locale.ROOT);
    String path = String.valueOf(endpoint.getPath());
    if (endpoint.getHost() == null
        || !(scheme.equals("http") || scheme.equals("https"))
        || endpoint.getRawUserInfo() != null
        || !(path.isEmpty() || path.equals("/") || path.equals("null"))
        || endpoint.getRawQuery() != null) {
      // Not shown: it may hold a password.
      throw new IllegalArgumentException(
          "the endpoint is no URL such as https://s3.example.com, without user, path and query");
    }
  }

  /**
   * Returns the place of a bucket.
   *
   * @param endpoint the URL of the store; empty for Amazon's of the region
   */
  static S3Place of(Optional<URI> endpoint, String region, String bucket, boolean pathStyle) {
    return new S3Place(
        endpoint.orElseGet(() -> URI.create("https://s3." + region + ".amazonaws.com")),
        region,
        bucket,
        pathStyle);
  }

  /** Returns the host and, unless it is the scheme's own, the port, as the HTTP client sends it. */
  String host() {
    boolean https = endpoint.getScheme().equalsIgnoreCase("https");
    int port = endpoint.getPort();
    boolean usual = port < 0 || port == (https ? 443 : 80);
    return (pathStyle ? "" : bucket + ".") + endpoint.getHost() + (usual ? "" : ":" + port);
  }

  /** Returns the URL up to the path. */
  String base() {
    return endpoint.getScheme().toLowerCase(Locale.ROOT) + "://" + host();
  }

  /** Returns the path of an object, encoded; of the bucket for an empty key. */
  String path(String key) {
    return S3Signature.path(pathStyle ? "/" + bucket + "/" + key : "/" + key);
  }

  @Override
  public String toString() {
    return "S3 bucket " + bucket + " of " + endpoint.getHost();
  }
}
