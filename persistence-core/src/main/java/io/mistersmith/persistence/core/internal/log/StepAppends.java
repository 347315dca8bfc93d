package io.mistersmith.persistence.core.internal.log;

import io.mistersmith.persistence.core.internal.log.LogWriter.Looked;
import io.mistersmith.persistence.core.internal.state.tier.StepPart;
import io.mistersmith.persistence.core.internal.state.tier.StepWrite;
import io.mistersmith.persistence.log.Log.Append;
import io.mistersmith.persistence.spi.sql.LogStore.Envelope;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The appends of a step to one log. Each gets the version after the last one that is known; when
 * the server refuses the step because one of these versions exists, the log is looked at again.
 * Used by one thread.
 */
final class StepAppends implements StepPart {

  private final LogContext context;
  private final LogReader reader;
  private final LogWriter writer;
  private final Trimmer trimmer;
  private final LogId log;
  private final List<One> all = new ArrayList<>();
  private @Nullable Tail before;
  private @Nullable Tail after;
  private @Nullable LogMemory turn;
  private boolean made;

  StepAppends(Logs logs, LogId log) {
    this.context = logs.context();
    this.reader = logs.reader();
    this.writer = logs.writer();
    this.trimmer = logs.trimmer();
    this.log = log;
  }

  private static final class One {

    private final byte[] document;
    private final Append options;
    private long version;

    private One(byte[] document, Append options) {
      this.document = document;
      this.options = options;
    }
  }

  /** Adds an append, and returns what its version is once the step is committed. */
  LongSupplier add(byte[] document, Append options) {
    One one = new One(document, options);
    all.add(one);
    return () -> {
      if (!made) {
        throw new IllegalStateException(
            log + ": an entry of a step has no version before the step is committed");
      }
      return one.version;
    };
  }

  @Override
  public void begin() {
    LogMemory memory = context.memory(log);
    turn = memory.awaitTurn() ? memory : null;
  }

  @Override
  public List<StepWrite> decide() {
    Map<String, Long> ids = new HashMap<>();
    Tail end = null;
    for (One one : all) {
      Optional<String> id = one.options.id();
      if (id.isPresent() && !ids.containsKey(id.get())) {
        Looked looked = writer.look(log, id.get());
        looked.version().ifPresent(version -> ids.put(id.get(), version));
        // The earliest: behind it another process may have appended an id that was looked for.
        end = end == null || looked.tail().version() < end.version() ? looked.tail() : end;
      }
    }
    end = end == null ? reader.knownTail(log) : end;
    before = end;
    List<StepWrite> writes = new ArrayList<>(all.size());
    for (One one : all) {
      Optional<String> id = one.options.id();
      Long known = id.map(ids::get).orElse(null);
      if (known != null) {
        one.version = known;
        continue;
      }
      end = writer.expected(log, end, one.options.expectedVersion());
      Envelope entry = LogWriter.envelope(end, one.document, one.options);
      one.version = end.version() + 1;
      end = new Tail(one.version, entry.bytesAfter(), end.sinceMillis());
      id.ifPresent(text -> ids.put(text, one.version));
      writes.add(StepWrite.once(log.entry(one.version), entry.encode()));
    }
    after = end;
    return writes;
  }

  @Override
  public void refused() {
    if (before != null) {
      writer.lookAfterConflict(log, before);
    }
  }

  @Override
  public void made() {
    made = true;
    if (after != null) {
      context.memory(log).note(after);
    }
    end();
  }

  @Override
  public void afterwards() {
    trimmer.keep(log);
  }

  @Override
  public void failed() {
    context.memory(log).forgetTail();
    end();
  }

  private void end() {
    LogMemory held = turn;
    if (held != null) {
      held.endTurn();
    }
  }
}
