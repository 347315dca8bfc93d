package io.mistersmith.persistence.core.internal.state.cache;

import io.mistersmith.persistence.spi.hot.Journal;
import io.mistersmith.persistence.spi.hot.JournalEntry;
import io.mistersmith.persistence.spi.hot.JournalReader;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/** A reader that returns no entry and reports no error while {@code deaf} is set. */
final class DeafReader implements JournalReader {

  private final JournalReader real;
  private final AtomicBoolean deaf;
  private final AtomicInteger silences;
  private long position;

  private DeafReader(JournalReader real, AtomicBoolean deaf, AtomicInteger silences) {
    this.real = real;
    this.deaf = deaf;
    this.silences = silences;
    this.position = real.position();
  }

  /** Returns the journal, with such readers, which count how often they were deaf. */
  static Journal over(Journal journal, AtomicBoolean deaf, AtomicInteger silences) {
    return (Journal)
        Proxy.newProxyInstance(
            DeafReader.class.getClassLoader(),
            new Class<?>[] {Journal.class},
            (proxy, method, arguments) -> {
              try {
                Object answer = method.invoke(journal, arguments);
                return answer instanceof JournalReader reader
                    ? new DeafReader(reader, deaf, silences)
                    : answer;
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  @Override
  public Optional<JournalEntry> next(Duration wait) {
    if (deaf.get()) {
      silences.incrementAndGet();
      LockSupport.parkNanos(wait.toNanos());
      return Optional.empty();
    }
    Optional<JournalEntry> next = real.next(wait);
    position = deaf.get() ? position : real.position();
    return next;
  }

  @Override
  public long position() {
    return position;
  }

  @Override
  public void close() {
    real.close();
  }
}
