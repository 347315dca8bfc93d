package io.mistersmith.persistence.core.internal.guard;

import io.mistersmith.persistence.core.internal.guard.StoreCall.Repeat;
import io.mistersmith.persistence.spi.sql.SqlAccess;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.lang.reflect.UndeclaredThrowableException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Calls the store of one family of rows through the guard of its role. One class for all families:
 * their calls differ in whether they read, which {@link SqlAccess.Read} says.
 */
final class GuardedFamily implements InvocationHandler {

  private static final Map<Method, StoreCall> CALLS = new ConcurrentHashMap<>();

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
        method.isAnnotationPresent(SqlAccess.Read.class) ? Repeat.READ : Repeat.SQL_WRITE);
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
