from shopcomm.core.accounts.models.api_keys import ApiKey
from shopcomm.core.accounts.models.customers import Customer
from shopcomm.core.accounts.models.one_time_codes import OneTimeCode
from shopcomm.core.accounts.models.order_links import OrderLink
from shopcomm.core.accounts.models.setup_codes import SetupCode
from shopcomm.core.accounts.models.staff import Staff
from shopcomm.core.accounts.models.staff_sessions import StaffSession

__all__ = ["ApiKey", "Customer", "OneTimeCode", "OrderLink", "SetupCode", "Staff", "StaffSession"]
