package io.mistersmith.persistence.spring.boot;

import io.mistersmith.persistence.state.JsonCodec;
import io.mistersmith.persistence.state.StateType;

/**
 * Maps entries to JSON by the application's own Jackson mapper, with the modules and features that
 * the application gave it. Without it the library maps entries by their fields. A bean of this type
 * exists where the application has one mapper, of Jackson 3 or else of Jackson 2. Thread-safe.
 *
 * <pre>{@code
 * StateType<Cart> carts = codecs.map(StateType.of("cart", Cart.class));
 * }</pre>
 *
 * <p>Stored entries must stay readable: all processes need mappers that read each other's JSON.
 */
public interface JacksonCodecs {

  /** Returns the type, mapped by the application's mapper, type arguments included. */
  <T> StateType<T> map(StateType<T> type);

  /** Returns a codec of a class, such as for the cache of a query's results. */
  <T> JsonCodec<T> codec(Class<T> type);
}
