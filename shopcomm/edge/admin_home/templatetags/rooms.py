"""Tags of the admin's own templates."""

from django import template

from shopcomm.edge.admin_home.rooms import title_of

register = template.Library()
register.filter("called", title_of)
