package io.mistersmith.persistence.core.secret;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.event.PersistenceListener;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** Notes which of the things that a test shows it tells a planted secret, and never the secret. */
final class Told implements PersistenceListener, ObservationHandler<Observation.Context> {

  private final List<String> leaks = new CopyOnWriteArrayList<>();
  private final AtomicInteger events = new AtomicInteger();
  private final AtomicInteger spans = new AtomicInteger();
  private final AtomicInteger failures = new AtomicInteger();

  @Override
  public void on(PersistenceEvent event) {
    events.incrementAndGet();
    text("event " + event.getClass().getSimpleName(), event.toString());
  }

  @Override
  public void onStop(Observation.Context context) {
    spans.incrementAndGet();
    text("span " + context.getContextualName(), context.toString());
  }

  @Override
  public boolean supportsContext(Observation.Context context) {
    return true;
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
    failure(what, "", call);
  }

  /** {@link #failure(String, Callable)}, whose message names {@code subject}. */
  void failure(String what, String subject, Callable<?> call) {
    try {
      Object unused = call.call();
    } catch (Exception | Error e) {
      failures.incrementAndGet();
      StringWriter trace = new StringWriter();
      e.printStackTrace(new PrintWriter(trace));
      text("failure of " + what, trace.toString());
      if (!String.valueOf(e.getMessage()).contains(subject)) {
        leaks.add(what + " failed before " + subject + " was used");
      }
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

  int spans() {
    return spans.get();
  }
}
