package io.mistersmith.persistence.testkit.server;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * A server with the interface of Amazon S3, for tests: S3Proxy of Maven Central as a child process,
 * which listens on the loopback interface, checks the signature of every request, and keeps its
 * objects in memory. It goes with {@link #close()} or with the JVM. Thread-safe.
 */
public final class S3Server implements AutoCloseable {

  private static final String VERSION = "2.7.0";
  private static final String JAR = "s3proxy.jar";
  private static final String ACCESS_KEY = "test-access-key";
  private static final String SECRET_KEY = "test-secret-key";

  private final LocalServer control;

  private S3Server(LocalServer control) {
    this.control = control;
  }

  /**
   * Starts one, and waits until it answers. The first start fetches it into the user's cache, which
   * it announces.
   *
   * @throws IllegalStateException when it cannot be had or does not start; the message says what to
   *     do, or shows the end of its log
   */
  public static S3Server start() {
    Path home = ServerCache.ofUser().directory("s3proxy/" + VERSION, S3Server::fetch);
    WorkDirectory workDirectory = WorkDirectory.create("s3");
    S3Launch launch =
        new S3Launch(
            home.resolve(JAR),
            VERSION,
            ACCESS_KEY,
            SECRET_KEY,
            workDirectory.path().resolve("configuration"));
    return new S3Server(LocalServer.start(launch, workDirectory, 0));
  }

  private static void fetch(Path home) {
    try {
      Path scratch = Files.createTempDirectory("persistence-fetch-");
      try {
        Path jar =
            new MavenArtifact("org.gaul", "s3proxy", VERSION, "jar-with-dependencies")
                .resolve(scratch);
        Files.copy(jar, home.resolve(JAR), StandardCopyOption.REPLACE_EXISTING);
      } finally {
        DirectoryTree.delete(scratch);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Could not put S3Proxy into the server cache", e);
    }
  }

  /** The URL of its interface; buckets are in the path. */
  public URI endpoint() {
    return URI.create("http://" + control.host() + ":" + control.port());
  }

  /** The id of the key that requests are signed with. */
  public String accessKey() {
    return ACCESS_KEY;
  }

  /** The key that requests are signed with. */
  public String secretKey() {
    return SECRET_KEY;
  }

  /** Freezes it: connections stay open, and no request is answered. */
  public void pause() {
    control.pause();
  }

  /** Lets a paused one go on. */
  public void resume() {
    control.resume();
  }

  /** Ends it; its objects are gone. */
  @Override
  public void close() {
    control.close();
  }
}
