package io.mistersmith.persistence.testkit.server;

import io.mistersmith.persistence.testkit.server.ProcessSignals.Signal;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Runs S3Proxy, which keeps its objects in memory and checks signatures of version 4. */
record S3Launch(Path jar, String version, String accessKey, String secretKey, Path dataDirectory)
    implements Launch {

  private static final int MILLIS = 1_000;

  @Override
  public String name() {
    return "S3Proxy " + version;
  }

  @Override
  public void prepare() {
    try {
      Files.createDirectories(dataDirectory);
    } catch (IOException e) {
      throw new UncheckedIOException("Could not make the directory " + dataDirectory, e);
    }
  }

  @Override
  public List<String> command(int port) {
    Path file = dataDirectory.resolve("s3proxy.properties");
    String properties =
        """
        s3proxy.endpoint=http://127.0.0.1:%d
        s3proxy.authorization=aws-v4
        s3proxy.identity=%s
        s3proxy.credential=%s
        jclouds.provider=transient
        jclouds.identity=none
        jclouds.credential=none
        """
            .formatted(port, accessKey, secretKey);
    try {
      Files.writeString(file, properties);
    } catch (IOException e) {
      throw new UncheckedIOException("Could not write " + file, e);
    }
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        // It lives for seconds: the second compiler would take more than it gives.
        "-XX:TieredStopAtLevel=1",
        "-XX:+UseSerialGC",
        "-Xmx512m",
        "-jar",
        jar.toString(),
        "--properties",
        file.toString());
  }

  /** Any answer will do: one to a request without a signature is a refusal. */
  @Override
  public boolean isReady(int port, long pid) {
    try {
      HttpURLConnection connection =
          (HttpURLConnection) URI.create("http://127.0.0.1:" + port + "/").toURL().openConnection();
      connection.setConnectTimeout(MILLIS);
      connection.setReadTimeout(MILLIS);
      try {
        return connection.getResponseCode() > 0;
      } finally {
        connection.disconnect();
      }
    } catch (IOException notYet) {
      return false;
    }
  }

  @Override
  public Signal stopSignal() {
    return Signal.TERM;
  }

  @Override
  public Signal discardSignal() {
    return Signal.KILL;
  }

  @Override
  public void dataReplaced() {
    // The objects are in memory: there is no data to put back.
  }
}
