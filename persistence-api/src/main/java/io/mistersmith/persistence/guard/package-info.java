/** What happens to calls that the stores fail: breakers, fallbacks, escalations. */
@NullMarked
package io.mistersmith.persistence.guard;

import org.jspecify.annotations.NullMarked;
