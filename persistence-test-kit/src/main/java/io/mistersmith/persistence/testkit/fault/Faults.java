package io.mistersmith.persistence.testkit.fault;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;

/**
 * The switchboard of a {@link FaultyStores}. At first there are no faults.
 *
 * <pre>{@code
 * Faults faults = new Faults(42);
 * faults.on(Call.PUBLISH).loseAcknowledgements(0.1);
 * try (Gate gate = faults.on(Call.APPLY).pauseBefore()) {
 *   gate.awaitArrival(Duration.ofSeconds(5));
 *   // a flusher waits before its transaction; change something meanwhile
 * }
 * faults.sqlOutage(true);
 * faults.clear();
 * }</pre>
 *
 * <p>Thread-safe.
 */
public final class Faults {

  private final Map<Call, CallFaults> calls = new EnumMap<>(Call.class);
  private final List<Runnable> reconnectActions = new CopyOnWriteArrayList<>();
  private final List<Runnable> outageActions = new CopyOnWriteArrayList<>();
  private final List<Runnable> sqlReconnectActions = new CopyOnWriteArrayList<>();
  private final StaleReplica replica = new StaleReplica();
  private volatile boolean hotDown;
  private volatile boolean sqlDown;
  private volatile boolean stale;
  private volatile int hotOutages;

  /** No faults yet; the seed decides which calls later probabilities hit. */
  public Faults(long seed) {
    for (Call call : Call.values()) {
      calls.put(call, new CallFaults(call, seed));
    }
  }

  /** The faults of one kind of call. */
  public CallFaults on(Call call) {
    CallFaults faults = calls.get(call);
    if (faults == null) {
      throw new IllegalArgumentException("no faults for " + call);
    }
    return faults;
  }

  /**
   * Cuts the hot store off, where every call then fails as {@code CONNECTION_FAILED} and open
   * journal readers are lost, or gives it back, upon which listeners for reconnects are called.
   */
  public synchronized void hotOutage(boolean down) {
    boolean was = hotDown;
    if (down && !was) {
      hotOutages++;
    }
    if (down && !was) {
      outageActions.forEach(Runnable::run);
    }
    hotDown = down;
    if (was && !down) {
      reconnectActions.forEach(Runnable::run);
    }
  }

  /**
   * Cuts the durable store off, where every call then fails, or gives it back, upon which listeners
   * for reconnects are called.
   */
  public synchronized void sqlOutage(boolean down) {
    boolean was = sqlDown;
    sqlDown = down;
    if (was && !down) {
      sqlReconnectActions.forEach(Runnable::run);
    }
  }

  /**
   * Lets every bucket seem to have replicas that lag: {@code ANY_REPLICA} and lists answer with
   * what a key was before its last write. Set it before the stores are opened.
   */
  public void staleReplicas(boolean lag) {
    stale = lag;
    if (!lag) {
      replica.clear();
    }
  }

  /** Ends all faults and outages and lets go who is held. */
  public void clear() {
    calls.values().forEach(CallFaults::clear);
    staleReplicas(false);
    sqlOutage(false);
    hotOutage(false);
  }

  <T> T run(Call call, Supplier<T> action) {
    boolean lostAcknowledgement = before(call);
    T result = action.get();
    on(call).after(lostAcknowledgement);
    return result;
  }

  /** Applies the faults before a call; returns whether its acknowledgement is to be lost. */
  boolean before(Call call) {
    checkUp(call);
    boolean lostAcknowledgement = on(call).before();
    checkUp(call);
    return lostAcknowledgement;
  }

  /** These faults, as a call into a store meets them. */
  CallHook hook() {
    return new CallHook() {
      @Override
      public boolean before(Call call) {
        return Faults.this.before(call);
      }

      @Override
      public void after(Call call, boolean lostAcknowledgement) {
        on(call).after(lostAcknowledgement);
      }
    };
  }

  private void checkUp(Call call) {
    if (call.isHot() ? hotDown : sqlDown) {
      throw new TransientPersistenceException(
          DataError.CONNECTION_FAILED, call + ": injected outage; nothing was applied");
    }
  }

  boolean isStale() {
    return stale;
  }

  StaleReplica replica() {
    return replica;
  }

  /** Counts the outages of the hot store; a reader from before the last one is lost. */
  int hotOutages() {
    return hotOutages;
  }

  void onReconnect(Runnable action) {
    reconnectActions.add(action);
  }

  void onOutage(Runnable action) {
    outageActions.add(action);
  }

  void onSqlReconnect(Runnable action) {
    sqlReconnectActions.add(action);
  }

  void forget(Runnable action) {
    reconnectActions.remove(action);
    outageActions.remove(action);
  }
}
