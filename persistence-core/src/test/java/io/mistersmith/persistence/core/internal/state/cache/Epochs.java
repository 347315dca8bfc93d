package io.mistersmith.persistence.core.internal.state.cache;

import io.mistersmith.persistence.core.internal.state.journal.Revisions;
import io.mistersmith.persistence.model.Revision;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** Revisions whose epoch is started by the test. */
final class Epochs implements Revisions {

  private final List<Runnable> actions = new ArrayList<>();
  private final AtomicLong epoch = new AtomicLong(1);

  void startNext() {
    epoch.incrementAndGet();
    actions.forEach(Runnable::run);
  }

  @Override
  public Revision.OfJournal of(long sequence) {
    return new Revision.OfJournal(epoch.get(), sequence);
  }

  @Override
  public long highest() {
    return 0;
  }

  @Override
  public long mark() {
    return 0;
  }

  @Override
  public boolean reaches(long sequence) {
    return true;
  }

  @Override
  public boolean note(long mark, long sequence) {
    return true;
  }

  @Override
  public boolean verify() {
    return false;
  }

  @Override
  public void onRestart(Runnable action) {
    actions.add(action);
  }
}
