/** Tests of how KV and PostgreSQL are compared. */
@NullMarked
package io.mistersmith.persistence.core.internal.state.consistency;

import org.jspecify.annotations.NullMarked;
