package io.mistersmith.persistence.testkit.server;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * How a nats-server with JetStream is to be started. Sizes are in bytes.
 *
 * @param line "oldest" (2.9.x, the oldest that is supported) or "newest" (the newest to be had)
 * @param port the TCP port on the loopback interface, or 0 for a free one
 * @param maxPayload the largest message
 * @param maxFileStore how much the file storage of all streams may reserve
 * @param maxMemoryStore how much the memory storage of all streams may reserve
 * @param syncInterval the sync_interval of JetStream as the server writes it ("always", "10s";
 *     needs 2.10), or empty for the server's default of two minutes
 * @param extraConfig further lines of the server's configuration file
 */
public record NatsOptions(
    String line,
    int port,
    long maxPayload,
    long maxFileStore,
    long maxMemoryStore,
    Optional<String> syncInterval,
    List<String> extraConfig) {

  /** The {@link #line()} of the oldest supported server. */
  public static final String OLDEST = "oldest";

  /** The {@link #line()} of the newest server. */
  public static final String NEWEST = "newest";

  private static final String LINE_PROPERTY = "persistence.test.nats";
  private static final long MIB = 1L << 20;
  private static final long GIB = 1L << 30;

  /**
   * @throws IllegalArgumentException when a value is out of its range
   */
  public NatsOptions {
    if (!line.equals(OLDEST) && !line.equals(NEWEST)) {
      throw new IllegalArgumentException("line is '" + line + "': use \"oldest\" or \"newest\"");
    }
    if (port < 0 || port > 65_535) {
      throw new IllegalArgumentException(
          "port is " + port + ": use 1 to 65535, or 0 for a free one");
    }
    if (maxPayload < 1 || maxPayload > 64 * MIB) {
      throw new IllegalArgumentException(
          "maxPayload is " + maxPayload + ": use 1 byte to 64 MiB (the server takes no more)");
    }
    if (maxFileStore < 1) {
      throw new IllegalArgumentException("maxFileStore is " + maxFileStore + ": use 1 or more");
    }
    if (maxMemoryStore < 1) {
      throw new IllegalArgumentException("maxMemoryStore is " + maxMemoryStore + ": use 1 or more");
    }
    extraConfig = List.copyOf(extraConfig);
  }

  /**
   * The line that the system property {@code persistence.test.nats} names ("newest" without it), a
   * free port, the server's own largest message of 1 MiB, and room for 64 GiB of file and 2 GiB of
   * memory storage: limits on reservations, nothing is taken in advance.
   *
   * @throws IllegalArgumentException when the property holds neither "oldest" nor "newest"
   */
  public static NatsOptions defaults() {
    return new NatsOptions(
        System.getProperty(LINE_PROPERTY, NEWEST),
        0,
        MIB,
        64 * GIB,
        2 * GIB,
        Optional.empty(),
        List.of());
  }

  /** These options with another line. */
  public NatsOptions withLine(String newLine) {
    return new NatsOptions(
        newLine, port, maxPayload, maxFileStore, maxMemoryStore, syncInterval, extraConfig);
  }

  /** These options with another port; 0 takes a free one. */
  public NatsOptions withPort(int newPort) {
    return new NatsOptions(
        line, newPort, maxPayload, maxFileStore, maxMemoryStore, syncInterval, extraConfig);
  }

  /** These options with another largest message, in bytes. */
  public NatsOptions withMaxPayload(long bytes) {
    return new NatsOptions(
        line, port, bytes, maxFileStore, maxMemoryStore, syncInterval, extraConfig);
  }

  /** These options with another limit of the file storage, in bytes. */
  public NatsOptions withMaxFileStore(long bytes) {
    return new NatsOptions(
        line, port, maxPayload, bytes, maxMemoryStore, syncInterval, extraConfig);
  }

  /** These options with another limit of the memory storage, in bytes. */
  public NatsOptions withMaxMemoryStore(long bytes) {
    return new NatsOptions(line, port, maxPayload, maxFileStore, bytes, syncInterval, extraConfig);
  }

  /** These options with a sync_interval, for example "always" or "10s". Needs nats-server 2.10. */
  public NatsOptions withSyncInterval(String interval) {
    return new NatsOptions(
        line, port, maxPayload, maxFileStore, maxMemoryStore, Optional.of(interval), extraConfig);
  }

  /** These options with one more line of configuration. */
  public NatsOptions withConfigLine(String configLine) {
    List<String> lines = new ArrayList<>(extraConfig);
    lines.add(configLine);
    return new NatsOptions(
        line, port, maxPayload, maxFileStore, maxMemoryStore, syncInterval, lines);
  }

  /**
   * These options with encrypted connections only.
   *
   * @param server what the server shows
   * @param clients the certificate of the authority that must have signed what each client shows;
   *     empty where clients show nothing
   */
  public NatsOptions withTls(CertificateAuthority.Issued server, Optional<Path> clients) {
    String verify =
        clients.map(file -> ", ca_file: \"%s\", verify: true".formatted(file)).orElse("");
    return withConfigLine(
        "tls { cert_file: \"%s\", key_file: \"%s\"%s }"
            .formatted(server.certificate(), server.key(), verify));
  }
}
