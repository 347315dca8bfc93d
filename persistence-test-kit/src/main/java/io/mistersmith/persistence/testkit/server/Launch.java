package io.mistersmith.persistence.testkit.server;

import io.mistersmith.persistence.testkit.server.ProcessSignals.Signal;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** How one kind of server is started, recognised as ready, and asked to go. */
interface Launch {
  /** For messages: product and version. */
  String name();

  Path dataDirectory();

  /** Called once, before the first start: makes the data directory. */
  void prepare();

  /** Called before every start; may write configuration. */
  List<String> command(int port);

  /** True once the server with this process id answers clients. */
  boolean isReady(int port, long pid);

  /** Asks for an orderly end. */
  Signal stopSignal();

  /** Asks for a quick end of a server whose data is no longer needed. */
  Signal discardSignal();

  /**
   * Has a server that does not become ready write to its log where its threads are; it may end
   * then.
   */
  default Optional<Signal> dumpSignal() {
    return Optional.empty();
  }

  /** Called after an older copy of the data was put back. */
  void dataReplaced();
}
