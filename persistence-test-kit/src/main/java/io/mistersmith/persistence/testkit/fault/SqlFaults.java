package io.mistersmith.persistence.testkit.fault;

import io.mistersmith.persistence.spi.sql.AdviceStore;
import io.mistersmith.persistence.spi.sql.DataKeyStore;
import io.mistersmith.persistence.spi.sql.ForgetStore;
import io.mistersmith.persistence.spi.sql.RecoveryStore;
import io.mistersmith.persistence.spi.sql.SagaStore;
import io.mistersmith.persistence.spi.sql.SqlAccess;
import io.mistersmith.persistence.spi.sql.UpkeepStore;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Puts faults on every method of one of the durable store's interfaces. A proxy, because each of
 * them is decorated in the same way.
 */
final class SqlFaults implements InvocationHandler {

  private static final Set<String> NO_CALLS =
      Set.of("installation", "primary", "isOutdated", "heardOf");

  /** The stores whose reads are marked by {@link SqlAccess.Read}, not known by name. */
  private static final Set<Class<?>> MARKED =
      Set.of(SagaStore.class, AdviceStore.class, DataKeyStore.class, ForgetStore.class);

  /** The stores that background services ask. */
  private static final Set<Class<?>> UPKEEP = Set.of(UpkeepStore.class, RecoveryStore.class);

  private final Object real;
  private final CallHook hook;

  private SqlFaults(Object real, CallHook hook) {
    this.real = real;
    this.hook = hook;
  }

  static <T> T around(Class<T> type, T real, CallHook hook) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(), new Class<?>[] {type}, new SqlFaults(real, hook)));
  }

  @Override
  public @Nullable Object invoke(Object proxy, Method method, Object @Nullable [] arguments)
      throws Throwable {
    boolean asksNoStore = NO_CALLS.contains(method.getName());
    if (asksNoStore || method.getDeclaringClass() == Object.class) {
      return method.invoke(real, arguments);
    }
    Call call = call(method);
    boolean lostAcknowledgement = hook.before(call);
    Object result;
    try {
      result = method.invoke(real, arguments);
    } catch (InvocationTargetException e) {
      throw e.getTargetException();
    }
    hook.after(call, lostAcknowledgement);
    return result;
  }

  /** Runs a call that is no method of a store's interface. */
  static <T> T call(CallHook hook, Call call, Supplier<T> action) {
    boolean lostAcknowledgement = hook.before(call);
    T result = action.get();
    hook.after(call, lostAcknowledgement);
    return result;
  }

  private static Call call(Method method) {
    if (method.getDeclaringClass() == ForgetStore.class && method.getName().equals("claim")) {
      return Call.UPKEEP;
    }
    if (MARKED.contains(method.getDeclaringClass())) {
      return method.isAnnotationPresent(SqlAccess.Read.class) ? Call.SQL_READ : Call.SQL_WRITE;
    }
    if (UPKEEP.contains(method.getDeclaringClass())) {
      return Call.UPKEEP;
    }
    return call(method.getName());
  }

  private static Call call(String method) {
    return switch (method) {
      case "apply", "applySingly" -> Call.APPLY;
      case "position" -> Call.POSITION;
      case "startEpoch", "startEpochOfRestored" -> Call.START_EPOCH;
      case "acquireLease", "releaseLease" -> Call.LEASE;
      case "save",
          "delete",
          "heartbeats",
          "markPublished",
          "restore",
          "replay",
          "sweep",
          "removeOrphans",
          "noteUnnamed",
          "removeUnnamed",
          "create",
          "touch",
          "change",
          "revoke",
          "republishRevoked",
          "removeEnded",
          "record",
          "append",
          "receive",
          "acknowledge",
          "prune",
          "sweepDeliveries",
          "saveChannel",
          "deleteChannel",
          "subscribe",
          "unsubscribe",
          "saveFacts",
          "supersede",
          "end",
          "saveEmbeddings" ->
          Call.SQL_WRITE;
      default -> Call.SQL_READ;
    };
  }
}
