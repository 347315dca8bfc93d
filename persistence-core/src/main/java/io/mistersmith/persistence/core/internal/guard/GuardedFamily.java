package io.mistersmith.persistence.core.internal.guard;

import io.mistersmith.persistence.core.internal.guard.StoreCall.Repeat;
import io.mistersmith.persistence.spi.sql.AgentStore;
import io.mistersmith.persistence.spi.sql.AuditStore;
import io.mistersmith.persistence.spi.sql.CheckpointStore;
import io.mistersmith.persistence.spi.sql.DataKeyStore;
import io.mistersmith.persistence.spi.sql.DeadLetterStore;
import io.mistersmith.persistence.spi.sql.EntryWriteStore;
import io.mistersmith.persistence.spi.sql.HandledStore;
import io.mistersmith.persistence.spi.sql.KnowledgeStore;
import io.mistersmith.persistence.spi.sql.LargeValueStore;
import io.mistersmith.persistence.spi.sql.LifecycleEventStore;
import io.mistersmith.persistence.spi.sql.LogStore;
import io.mistersmith.persistence.spi.sql.MessageStore;
import io.mistersmith.persistence.spi.sql.SagaStore;
import io.mistersmith.persistence.spi.sql.SessionStore;
import io.mistersmith.persistence.spi.sql.SqlAccess;
import io.mistersmith.persistence.spi.sql.StateStore;
import io.mistersmith.persistence.spi.sql.TaskStore;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.lang.reflect.UndeclaredThrowableException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Calls the store of one family of rows through the guard of its role. One class for all families:
 * their calls differ in whether they read, which {@link SqlAccess.Read} says.
 */
final class GuardedFamily implements InvocationHandler {

  private static final Map<Method, StoreCall> CALLS = new ConcurrentHashMap<>();

  /** The table of each family: the main one, of those that have several. */
  private static final Map<Class<?>, String> TABLES =
      Map.ofEntries(
          Map.entry(AgentStore.class, "agents.registry"),
          Map.entry(StateStore.class, "agents.state"),
          Map.entry(LogStore.class, "agents.log_entries"),
          Map.entry(SessionStore.class, "sessions.active"),
          Map.entry(DeadLetterStore.class, "agents.dead_letters"),
          Map.entry(CheckpointStore.class, "agents.checkpoints"),
          Map.entry(LargeValueStore.class, "agents.large_values"),
          Map.entry(LifecycleEventStore.class, "agents.lifecycle_events"),
          Map.entry(MessageStore.class, "messages.log"),
          Map.entry(TaskStore.class, "tasks.queue"),
          Map.entry(HandledStore.class, "messages.handled"),
          Map.entry(EntryWriteStore.class, "sagas.entry_writes"),
          Map.entry(DataKeyStore.class, "agents.data_keys"),
          Map.entry(KnowledgeStore.class, "knowledge.facts"),
          Map.entry(SagaStore.class, "sagas.runs"),
          Map.entry(AuditStore.class, "audit.change_log"));

  private final Object real;
  private final GuardedRole role;

  private GuardedFamily(Object real, GuardedRole role) {
    this.real = real;
    this.role = role;
  }

  static <T> T of(Class<T> family, T real, GuardedRole role) {
    return family.cast(
        Proxy.newProxyInstance(
            family.getClassLoader(), new Class<?>[] {family}, new GuardedFamily(real, role)));
  }

  @Override
  public @Nullable Object invoke(Object proxy, Method method, Object @Nullable [] arguments) {
    if (method.getDeclaringClass() == Object.class) {
      return call(method, arguments);
    }
    return role.run(
        CALLS.computeIfAbsent(method, GuardedFamily::storeCall), () -> call(method, arguments));
  }

  private static StoreCall storeCall(Method method) {
    return new StoreCall(
        method.getDeclaringClass().getSimpleName() + "." + method.getName(),
        method.isAnnotationPresent(SqlAccess.Read.class) ? Repeat.READ : Repeat.SQL_WRITE,
        Optional.ofNullable(TABLES.get(method.getDeclaringClass())));
  }

  @SuppressWarnings("NullAway") // a call may return null where its interface says so
  private Object call(Method method, Object @Nullable [] arguments) {
    try {
      return method.invoke(real, arguments);
    } catch (InvocationTargetException e) {
      Throwable thrown = e.getCause();
      if (thrown instanceof RuntimeException unchecked) {
        throw unchecked;
      }
      if (thrown instanceof Error error) {
        throw error;
      }
      throw new UndeclaredThrowableException(thrown);
    } catch (IllegalAccessException e) {
      throw new IllegalStateException(method + " is not public", e);
    }
  }
}
