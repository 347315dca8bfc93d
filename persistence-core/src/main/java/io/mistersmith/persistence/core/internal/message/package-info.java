/** The messages between agents: what the API promises beyond the store's rows. */
@NullMarked
package io.mistersmith.persistence.core.internal.message;

import org.jspecify.annotations.NullMarked;
