package io.mistersmith.persistence.core.internal.base;

import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.event.CallObserver;
import io.mistersmith.persistence.event.CallObserver.Call;
import io.mistersmith.persistence.event.CallObserver.Kind;
import io.mistersmith.persistence.event.CallObserver.Scope;
import java.util.Optional;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has calls into the stores observed, and survives the observer's exceptions. Callers ask {@link
 * #isOn} first, so that a runtime without an observer pays for that alone. Thread-safe.
 */
public final class ObservedCalls {

  /** Observes nothing. */
  public static final ObservedCalls OFF = new ObservedCalls(CallObserver.NOOP, Optional.empty());

  private static final Logger LOG = LoggerFactory.getLogger(ObservedCalls.class);

  /** What every message's header can hold. */
  private static final Pattern HEADER = Pattern.compile("[!-~]{1,256}");

  private final CallObserver observer;
  private final Optional<String> database;

  private ObservedCalls(CallObserver observer, Optional<String> database) {
    this.observer = observer;
    this.database = database;
  }

  /** Has calls observed as the configuration says. */
  public static ObservedCalls of(PersistenceConfig config) {
    CallObserver observer = config.monitoring().observer();
    return observer == CallObserver.NOOP
        ? OFF
        : new ObservedCalls(observer, database(config.postgres().jdbcUrl()));
  }

  private static Optional<String> database(String jdbcUrl) {
    String url = jdbcUrl.substring(0, (jdbcUrl + "?").indexOf('?'));
    String name = url.substring(Math.max(url.lastIndexOf('/'), url.lastIndexOf(':')) + 1);
    return name.isEmpty() ? Optional.empty() : Optional.of(name);
  }

  /** Returns whether there is an observer. */
  public boolean isOn() {
    return observer != CallObserver.NOOP;
  }

  /** Begins a call into NATS. */
  public Scope nats(Kind kind, String role, String operation, String bucket, boolean onThread) {
    return begin(
        new Call(
            kind,
            "nats",
            role,
            operation,
            Optional.of(bucket),
            Optional.empty(),
            1,
            onThread,
            Optional.empty()));
  }

  /** Begins to bring an entry, whose write bears this trace, from a bucket to PostgreSQL. */
  public Scope process(String role, String operation, String bucket, String trace) {
    return begin(
        new Call(
            Kind.PROCESS,
            "nats",
            role,
            operation,
            Optional.of(bucket),
            Optional.empty(),
            1,
            false,
            Optional.of(trace)));
  }

  /** Returns a call into PostgreSQL about so many entries. */
  public Call postgres(
      String role, String operation, Optional<String> table, int size, boolean onThread) {
    return new Call(
        Kind.REQUEST,
        "postgresql",
        role,
        operation,
        table,
        database,
        size,
        onThread,
        Optional.empty());
  }

  /** Begins a call. Throws nothing. */
  public Scope begin(Call call) {
    try {
      return new SafeScope(observer.begin(call));
    } catch (RuntimeException | Error e) {
      failed(e);
      return Scope.NOOP;
    }
  }

  private static void failed(Throwable failure) {
    LOG.warn("the CallObserver failed; fix it, the engine goes on", failure);
  }

  private record SafeScope(Scope scope) implements Scope {

    @Override
    public Optional<String> trace() {
      try {
        return scope.trace().filter(text -> HEADER.matcher(text).matches());
      } catch (RuntimeException | Error e) {
        failed(e);
        return Optional.empty();
      }
    }

    @Override
    public Scope begin(Call part) {
      try {
        return new SafeScope(scope.begin(part));
      } catch (RuntimeException | Error e) {
        failed(e);
        return Scope.NOOP;
      }
    }

    @Override
    public void end(Optional<? extends Throwable> failure) {
      try {
        scope.end(failure);
      } catch (RuntimeException | Error e) {
        failed(e);
      }
    }
  }
}
