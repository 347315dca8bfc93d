package io.mistersmith.persistence.core.secret;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.event.PersistenceListener;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** Notes which of the things that a test shows it tells a planted secret, and never the secret. */
final class Told implements PersistenceListener {

  private final List<String> leaks = new CopyOnWriteArrayList<>();
  private final AtomicInteger events = new AtomicInteger();
  private final AtomicInteger failures = new AtomicInteger();

  @Override
  public void on(PersistenceEvent event) {
    events.incrementAndGet();
    text("event " + event.getClass().getSimpleName(), event.toString());
  }

  /** Looks at the text of an object. */
  void object(String what, Object shown) {
    text(what, String.valueOf(shown));
  }

  private void text(String what, String text) {
    if (Planted.isIn(text)) {
      leaks.add(what);
    }
  }

  /** Runs a call that must fail, and looks at its failure with all causes. */
  void failure(String what, Callable<?> call) {
    try {
      Object unused = call.call();
    } catch (Exception | Error e) {
      failures.incrementAndGet();
      StringWriter trace = new StringWriter();
      e.printStackTrace(new PrintWriter(trace));
      text("failure of " + what, trace.toString());
      return;
    }
    leaks.add(what + " did not fail");
  }

  /** Fails when anything told a secret, or nothing was looked at. */
  void check() {
    assertThat(leaks).as("what tells a secret").isEmpty();
    assertThat(failures).as("failures looked at").hasPositiveValue();
  }

  int events() {
    return events.get();
  }
}
