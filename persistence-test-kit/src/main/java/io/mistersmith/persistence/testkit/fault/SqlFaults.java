package io.mistersmith.persistence.testkit.fault;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import org.jspecify.annotations.Nullable;

/**
 * Puts faults on every method of one of the durable store's interfaces. A proxy, because each of
 * them is decorated in the same way.
 */
final class SqlFaults implements InvocationHandler {

  private final Object real;
  private final Faults faults;

  private SqlFaults(Object real, Faults faults) {
    this.real = real;
    this.faults = faults;
  }

  static <T> T around(Class<T> type, T real, Faults faults) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(), new Class<?>[] {type}, new SqlFaults(real, faults)));
  }

  @Override
  public @Nullable Object invoke(Object proxy, Method method, Object @Nullable [] arguments)
      throws Throwable {
    if (method.getDeclaringClass() == Object.class) {
      return method.invoke(real, arguments);
    }
    Call call = call(method.getName());
    boolean lostAcknowledgement = faults.before(call);
    Object result;
    try {
      result = method.invoke(real, arguments);
    } catch (InvocationTargetException e) {
      throw e.getTargetException();
    }
    faults.on(call).after(lostAcknowledgement);
    return result;
  }

  private static Call call(String method) {
    return switch (method) {
      case "apply" -> Call.APPLY;
      case "position" -> Call.POSITION;
      case "startEpoch" -> Call.START_EPOCH;
      case "acquireLease", "releaseLease" -> Call.LEASE;
      case "save",
              "delete",
              "heartbeats",
              "markPublished",
              "replay",
              "sweep",
              "removeOrphans",
              "create",
              "record" ->
          Call.SQL_WRITE;
      default -> Call.SQL_READ;
    };
  }
}
