package io.mistersmith.persistence.core.internal.log;

import io.mistersmith.persistence.core.internal.log.LogReader.Part;
import io.mistersmith.persistence.spi.hot.HotReads.ReadFrom;
import io.mistersmith.persistence.spi.sql.LogStore;
import io.mistersmith.persistence.state.StateRepository.Watch;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Delivers the entries of a log in order. A message only says that the log has got so far: versions
 * before it that were not delivered are read first, so that nothing depends on which messages the
 * bucket's reader saw.
 */
final class LogWatch implements Watch {

  /** How many entries are read at once. */
  private static final int PAGE = 256;

  private final LogContext context;
  private final LogReader reader;
  private final LogId log;
  private final Consumer<RawEntry> listener;
  private volatile boolean open = true;
  private long next;

  private LogWatch(
      LogContext context, LogReader reader, LogId log, long after, Consumer<RawEntry> listener) {
    this.context = context;
    this.reader = reader;
    this.log = log;
    this.next = Math.max(1, after + 1);
    this.listener = listener;
  }

  /** Begins to listen, and then delivers what is there. */
  static Watch start(
      LogContext context, LogReader reader, LogId log, long after, Consumer<RawEntry> listener) {
    LogWatch watch = new LogWatch(context, reader, log, after, listener);
    Watch messages = watch.listen();
    boolean caughtUp = false;
    try {
      watch.deliverAll();
      caughtUp = true;
    } finally {
      if (!caughtUp) {
        messages.close();
      }
    }
    return () -> {
      watch.open = false;
      messages.close();
    };
  }

  private Watch listen() {
    return context
        .store()
        .watch(
            log.owner(),
            log.path(),
            (revision, message) ->
                message
                    .key()
                    .flatMap(LogStore.Key::of)
                    .filter(key -> key.log().equals(log.log()))
                    .ifPresent(
                        key ->
                            deliver(
                                key.version(),
                                message.time(),
                                RawEntry.of(key.version(), message.value(), message.time()))));
  }

  /** Delivers the entry of a message; none where another program wrote it. */
  private synchronized void deliver(long version, Instant writtenAt, Optional<RawEntry> entry) {
    if (version > next) {
      // A replica may not have the versions before it yet; now they are known to exist.
      long since = writtenAt.toEpochMilli();
      context
          .memory(log)
          .note(entry.map(read -> read.asTail(since)).orElse(new Tail(version, 0, since)));
      deliverBefore(version, ReadFrom.ANY_REPLICA);
    }
    if (version == next && open) {
      next++;
      entry.ifPresent(listener);
    }
  }

  private synchronized void deliverAll() {
    deliverBefore(Long.MAX_VALUE, context.latest());
  }

  private void deliverBefore(long version, ReadFrom servers) {
    while (next < version && open) {
      long to = Math.min(version - 1, next + PAGE - 1);
      Part part = reader.read(log, next, to, servers);
      long last = Math.min(to, part.tail().version());
      for (RawEntry entry : part.between(next, last)) {
        next = entry.version() + 1;
        if (open) {
          listener.accept(entry);
        }
      }
      next = Math.max(Math.max(next, last + 1), Math.min(version, part.head().first()));
      if (last < to) {
        return;
      }
    }
  }

  @Override
  public void close() {
    open = false;
  }
}
