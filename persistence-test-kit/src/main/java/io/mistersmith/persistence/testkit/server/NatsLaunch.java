package io.mistersmith.persistence.testkit.server;

import io.mistersmith.persistence.testkit.server.ProcessSignals.Signal;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Runs nats-server with a configuration file that is written for each start. */
record NatsLaunch(NatsProgram program, NatsOptions options, Path dataDirectory, boolean clustered)
    implements Launch {

  /** The same server with other options. */
  NatsLaunch with(NatsOptions changed) {
    return new NatsLaunch(program, changed, dataDirectory, clustered);
  }

  @Override
  public String name() {
    return "nats-server " + program.version();
  }

  @Override
  public void prepare() {
    try {
      Files.createDirectories(dataDirectory);
    } catch (IOException e) {
      throw new UncheckedIOException("Could not make the store directory " + dataDirectory, e);
    }
  }

  @Override
  public List<String> command(int port) {
    Path file = dataDirectory.resolveSibling("nats.conf");
    try {
      Files.writeString(
          file,
          configuration("127.0.0.1", port) + "ports_file_dir: \"" + file.getParent() + "\"\n");
    } catch (IOException e) {
      throw new UncheckedIOException("Could not write " + file, e);
    }
    return List.of(program.path().toString(), "--config", file.toString());
  }

  String configuration(String host, int port) {
    List<String> lines = new ArrayList<>();
    lines.add("host: " + host);
    lines.add("port: " + port);
    lines.add("max_payload: " + options.maxPayload());
    lines.add("jetstream {");
    lines.add("  store_dir: \"" + dataDirectory + "\"");
    lines.add("  max_file_store: " + options.maxFileStore());
    lines.add("  max_memory_store: " + options.maxMemoryStore());
    options.syncInterval().ifPresent(interval -> lines.add("  sync_interval: " + interval));
    lines.add("}");
    lines.addAll(options.extraConfig());
    return String.join("\n", lines) + "\n";
  }

  /**
   * The server writes a file with its process id in the name when it listens: without it, another
   * server that has the port would be taken for this one. One of a cluster may have to wait for the
   * others before its JetStream answers.
   */
  @Override
  public boolean isReady(int port, long pid) {
    Path portsFile =
        dataDirectory.resolveSibling("%s_%d.ports".formatted(program.path().getFileName(), pid));
    if (!Files.exists(portsFile)) {
      return false;
    }
    return clustered
        ? NatsProtocol.version("127.0.0.1", port).isPresent()
        : NatsProtocol.jetStreamAnswers("127.0.0.1", port);
  }

  @Override
  public Signal stopSignal() {
    return Signal.TERM;
  }

  @Override
  public Signal discardSignal() {
    return Signal.KILL;
  }

  /** A Go program prints its stacks. */
  @Override
  public Optional<Signal> dumpSignal() {
    return Optional.of(Signal.QUIT);
  }

  @Override
  public void dataReplaced() {
    // The store directory names no process: nothing to put right.
  }
}
